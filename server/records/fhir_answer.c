/* What the EMR's answer to a transaction means. It comes from outside: nothing in it is trusted to be there. */
#include "fhir.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { ISSUE_TEXT_MAX = 200 };

/** 2xx, or 304: the EMR had it already. */
static bool is_good(long status)
{
    return (status >= 200 && status < 300) || status == 304;
}

/** Refusals that the same words will meet again. Credentials and addresses can be put right while we wait. */
static bool is_final(long status)
{
    return status == 400 || status == 405 || status == 410 || status == 412 || status == 413 || status == 415 ||
           status == 422;
}

/** The first issue of an OperationOutcome, in one line. NULL when there is none. */
static char *issue_text(const json_t *outcome)
{
    json_t *issue = json_array_get(json_object_get(outcome, "issue"), 0);
    const char *text = json_string_value(json_object_get(json_object_get(issue, "details"), "text"));
    if (!text)
        text = json_string_value(json_object_get(issue, "diagnostics"));
    if (!text)
        text = json_string_value(json_object_get(issue, "code"));
    if (!text)
        return NULL;
    const char *where = json_string_value(json_array_get(json_object_get(issue, "expression"), 0));
    g_autofree char *whole = where ? g_strdup_printf("%s (%s)", text, where) : g_strdup(text);
    return g_utf8_strlen(whole, -1) > ISSUE_TEXT_MAX ? g_utf8_substring(whole, 0, ISSUE_TEXT_MAX) : g_strdup(whole);
}

static void say(char *reason, size_t size, const char *subject, long status, const json_t *outcome)
{
    g_autofree char *text = issue_text(outcome);
    if (!*reason)
        g_snprintf(reason, size, "%s: %ld%s%s", subject, status, text ? " " : "", text ? text : "");
}

static const char *type_of_entry(const json_t *sent, size_t index)
{
    json_t *entry = json_array_get(json_object_get(sent, "entry"), index);
    const char *type = json_string_value(json_object_get(json_object_get(entry, "resource"), "resourceType"));
    return type ? type : "entry";
}

static enum fhir_verdict worse(enum fhir_verdict a, enum fhir_verdict b)
{
    if (a == FHIR_REFUSED || b == FHIR_REFUSED)
        return FHIR_REFUSED;
    return a == FHIR_FILED ? b : a;
}

static enum fhir_verdict read_entries(const json_t *sent, const json_t *answer, char *reason, size_t size)
{
    json_t *entries = json_object_get(answer, "entry"), *entry;
    size_t i, expected = json_array_size(json_object_get(sent, "entry"));
    enum fhir_verdict verdict = FHIR_FILED;
    if (json_array_size(entries) != expected) {
        g_snprintf(reason, size, "answered for %zu of %zu entries", json_array_size(entries), expected);
        return FHIR_TRY_LATER;
    }
    json_array_foreach(entries, i, entry)
    {
        json_t *response = json_object_get(entry, "response");
        const char *text = json_string_value(json_object_get(response, "status"));
        long status = text ? strtol(text, NULL, 10) : 0;
        if (is_good(status))
            continue;
        say(reason, size, type_of_entry(sent, i), status, json_object_get(response, "outcome"));
        verdict = worse(verdict, is_final(status) ? FHIR_REFUSED : FHIR_TRY_LATER);
    }
    return verdict;
}

enum fhir_verdict fhir_read_answer(const json_t *sent, long status, const char *body, size_t body_size, char *reason,
                                   size_t reason_size)
{
    reason[0] = '\0';
    json_t *answer = json_loadb(body, body_size, 0, NULL);
    enum fhir_verdict verdict;
    if (!is_good(status)) {
        say(reason, reason_size, "HTTP", status, answer);
        verdict = is_final(status) ? FHIR_REFUSED : FHIR_TRY_LATER;
    } else if (g_strcmp0(json_string_value(json_object_get(answer, "resourceType")), "Bundle") != 0) {
        g_snprintf(reason, reason_size, "HTTP %ld without a Bundle: is the address a FHIR R4 base?", status);
        verdict = FHIR_TRY_LATER;
    } else {
        verdict = read_entries(sent, answer, reason, reason_size);
    }
    json_decref(answer);
    return verdict;
}
