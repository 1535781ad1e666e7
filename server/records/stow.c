#include "stow.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#define FAILED_SOP_SEQUENCE "00081198"
#define FAILURE_REASON      "00081197"

/* PS3.18 §I.2.2 and PS3.7 annex C. */
enum { DUPLICATE_INSTANCE = 0x0111, NOT_AUTHORIZED = 0x0124, OUT_OF_RESOURCES = 0xa700, PROCESSING_FAILURE = 0x0110 };

void stow_add(GByteArray *body, const char *boundary, const GByteArray *object)
{
    g_autofree char *head = g_strdup_printf("%s--%s\r\nContent-Type: application/dicom\r\n\r\n",
                                            body->len ? "\r\n" : "", boundary);
    g_byte_array_append(body, (const guint8 *)head, (guint)strlen(head));
    g_byte_array_append(body, object->data, object->len);
}

void stow_end(GByteArray *body, const char *boundary)
{
    g_autofree char *tail = g_strdup_printf("\r\n--%s--\r\n", boundary);
    g_byte_array_append(body, (const guint8 *)tail, (guint)strlen(tail));
}

char *stow_content_type(const char *boundary)
{
    return g_strdup_printf("Content-Type: multipart/related; type=\"application/dicom\"; boundary=%s", boundary);
}

/* ---- the answer: from outside, nothing in it is trusted to be there ---- */

/** Refusals that the same words will meet again. Credentials and addresses can be put right while we wait. */
static bool is_final(long status)
{
    return status == 400 || status == 405 || status == 406 || status == 410 || status == 413 || status == 415 ||
           status == 422;
}

/** The PACS is full or busy, or does not know us yet: not the object's fault. */
static bool may_pass(json_int_t code)
{
    return (code & 0xff00) == OUT_OF_RESOURCES || code == NOT_AUTHORIZED || code == PROCESSING_FAILURE;
}

static json_int_t failure_reason(const json_t *item)
{
    return json_integer_value(json_array_get(json_object_get(json_object_get(item, FAILURE_REASON), "Value"), 0));
}

static enum stow_verdict read_failures(const json_t *failed, char *reason, size_t size)
{
    enum stow_verdict verdict = STOW_STORED;
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)failed, i, item)
    {
        json_int_t code = failure_reason(item);
        if (code == DUPLICATE_INSTANCE)
            continue;
        if (verdict == STOW_STORED)
            g_snprintf(reason, size, "the PACS did not take it: reason %04X", (unsigned)code & 0xffff);
        verdict = verdict == STOW_REFUSED || !may_pass(code) ? STOW_REFUSED : STOW_TRY_LATER;
    }
    return verdict;
}

enum stow_verdict stow_read_answer(long status, const char *body, size_t size, char *reason, size_t reason_size)
{
    json_t *answer = body ? json_loadb(body, size, 0, NULL) : NULL;
    const json_t *failed = json_object_get(json_object_get(answer, FAILED_SOP_SEQUENCE), "Value");
    enum stow_verdict verdict = status >= 200 && status < 300 ? STOW_STORED
                                : is_final(status)            ? STOW_REFUSED
                                                              : STOW_TRY_LATER;
    reason[0] = '\0';
    if (json_array_size(failed) && (status == 200 || status == 202 || status == 409)) {
        verdict = read_failures(failed, reason, reason_size);
    } else if (status == 202 || (status == 200 && !json_is_object(answer))) {
        g_snprintf(reason, reason_size, "HTTP %ld without a word of what was stored: is the address a DICOMweb base?",
                   status);
        verdict = STOW_TRY_LATER;
    } else if (verdict != STOW_STORED) {
        g_snprintf(reason, reason_size, "HTTP: %ld", status);
    }
    json_decref(answer);
    return verdict;
}
