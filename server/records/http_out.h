/**
 * One POST to somebody outside, bounded in time and size: http and https only, redirects never followed.
 * Thread: pool; blocks for at most `timeout_s`.
 */
#ifndef SERVER_RECORDS_HTTP_OUT_H
#define SERVER_RECORDS_HTTP_OUT_H

#include <stddef.h>

enum { HTTP_OUT_ANSWER_MAX = 4 * 1024 * 1024, HTTP_OUT_ERROR_SIZE = 256 };

struct http_out {
    const char *url;
    const char *const *headers; /* "name: value", ended by NULL */
    const char *body;
    size_t size;
    int timeout_s;
    const int *stop; /* breaks off when it becomes 1 (set atomically from any thread); may be NULL */
};

struct http_out_answer {
    long status; /* 0: nobody answered, see `error` */
    char *body;  /* zero-terminated; never NULL when status is not 0 */
    size_t size;
    char error[HTTP_OUT_ERROR_SIZE]; /* in words */
};

void http_out_post(const struct http_out *request, struct http_out_answer *answer);
void http_out_clear(struct http_out_answer *answer);

#endif
