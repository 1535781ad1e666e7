/**
 * Errors as application/problem+json (RFC 9457), in the language of whoever reads them: what happened, and what to do.
 *
 * A problem is known by its code ("unknown-room"); problem_texts.c has the catalogue: status, and title, detail and
 * action in Vietnamese and English. A code that is not in it is a programmer's mistake and asserts.
 */
#ifndef SERVER_PROBLEM_H
#define SERVER_PROBLEM_H

#include "http.h"

struct response *problem(const struct request *request, const char *code);
/** For a code of the call's protocol (hoichan.v1): "ticket_invalid" is "ticket-invalid" here. */
struct response *problem_of_call(const struct request *request, const char *code, int64_t retry_after_s);
/** With further members, e.g. {"conflicts":[...]}. Owns: takes `members`. */
struct response *problem_with(const struct request *request, const char *code, json_t *members);
/** 429 with Retry-After. */
struct response *problem_retry(const struct request *request, const char *code, int64_t retry_after_s);

/**
 * Field errors are collected, then answered together as 422 "validation":
 *
 *     json_t *errors = json_array();
 *     if (!title) problem_field(errors, request, "title", "required");
 *     if (json_array_size(errors)) return problem_validation(request, errors);
 *     json_decref(errors);
 *
 * `reason` is a code of problem_texts.c's second table: required, not-text, too-long, not-a-time, not-a-date,
 * not-a-number, not-a-choice, in-the-past, end-before-start, too-far-apart, unknown, taken, ...
 */
void problem_field(json_t *errors, const struct request *request, const char *field, const char *reason);
/** Owns: takes `errors`. */
struct response *problem_validation(const struct request *request, json_t *errors);

/** The texts themselves. `language` is "vi" or "en". NULL for an unknown code. Pure. */
struct problem_text {
    const char *code;
    int status;
    struct {
        const char *title, *detail, *action;
    } vi, en;
};
const struct problem_text *problem_find(const char *code);
/** All of them, for tests and the API description; NULL past the end. */
const struct problem_text *problem_at(size_t index);
/** What a field error says. NULL for an unknown reason. */
const char *problem_reason(const char *reason, const char *language);

#endif
