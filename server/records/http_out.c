#include "http_out.h"

#include <curl/curl.h>
#include <glib.h>
#include <string.h>

enum { CONNECT_TIMEOUT_S = 10 };

/** Refuses what is too much: curl then breaks the transfer off. */
static size_t take(char *data, size_t one, size_t count, void *arg)
{
    GString *body = arg;
    size_t size = one * count;
    if (body->len + size > HTTP_OUT_ANSWER_MAX)
        return 0;
    g_string_append_len(body, data, (gssize)size);
    return size;
}

static int watch(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const int *stop = arg;
    (void)a, (void)b, (void)c, (void)d;
    return stop && g_atomic_int_get(stop);
}

static struct curl_slist *headers_of(const struct http_out *request)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; request->headers[i]; i++)
        headers = curl_slist_append(headers, request->headers[i]);
    return headers;
}

static void set_options(CURL *curl, const struct http_out *request, GString *body, char *error)
{
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)MIN(CONNECT_TIMEOUT_S, request->timeout_s));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)request->timeout_s);
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->size);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, (void *)request->stop);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "hoichan");
}

void http_out_post(const struct http_out *request, struct http_out_answer *answer)
{
    char error[CURL_ERROR_SIZE] = "";
    GString *body = g_string_new(NULL);
    struct curl_slist *headers = headers_of(request);
    CURL *curl = curl_easy_init();
    g_assert(curl);
    memset(answer, 0, sizeof *answer);
    set_options(curl, request, body, error);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    CURLcode result = curl_easy_perform(curl);
    if (result == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
    else
        g_strlcpy(answer->error, *error ? error : curl_easy_strerror(result), sizeof answer->error);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    answer->size = body->len;
    answer->body = g_string_free(body, FALSE);
}

void http_out_clear(struct http_out_answer *answer)
{
    g_free(answer->body);
    memset(answer, 0, sizeof *answer);
}
