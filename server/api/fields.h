/**
 * Reads the fields of a JSON body and collects what is wrong with them, to be answered together (problem_validation).
 *
 *     struct fields fields = fields_of(request);
 *     const char *name = field_text(&fields, "name", 120, true);
 *     if (fields_bad(&fields))
 *         return fields_problem(&fields);
 *
 * Results are borrowed from the body, NULL (or 0) when absent or wrong.
 */
#ifndef SERVER_API_FIELDS_H
#define SERVER_API_FIELDS_H

#include "server/http.h"

struct fields {
    const struct request *request;
    json_t *object; /* NULL counts as empty */
    json_t *errors;
    const char *prefix; /* "patient." inside of patient */
};

struct fields fields_of(const struct request *request);
/** The fields inside of an object or a list's element; shares the errors. `prefix` ends in a dot. */
struct fields fields_inside(const struct fields *outer, json_t *object, const char *prefix);
bool fields_bad(const struct fields *fields);
/** Gives the errors away. */
struct response *fields_problem(struct fields *fields);
/** Call when all was well. */
void fields_done(struct fields *fields);

/** null counts as absent; see field_is_null where that makes a difference. */
bool field_given(const struct fields *fields, const char *name);
bool field_is_null(const struct fields *fields, const char *name);
void field_fault(const struct fields *fields, const char *name, const char *reason);

/** Not empty, no control characters, at most `max` characters. */
const char *field_text(const struct fields *fields, const char *name, size_t max, bool required);
/** The same over several lines. */
const char *field_lines(const struct fields *fields, const char *name, size_t max, bool required);
/** What can name something of ours: letters, digits, _ . -; at most 64. */
const char *field_id(const struct fields *fields, const char *name, bool required);
/** The id of a row that `sql` finds by it; else "unknown". */
const char *field_reference(const struct fields *fields, const char *name, const char *sql, bool required);
/** One of `choices` (ended by NULL), else `fallback`; a NULL fallback makes it required. */
const char *field_choice(const struct fields *fields, const char *name, const char *const *choices,
                         const char *fallback);
int64_t field_time(const struct fields *fields, const char *name, bool required);
const char *field_date(const struct fields *fields, const char *name);
int64_t field_int(const struct fields *fields, const char *name, int64_t fallback, int64_t min, int64_t max);
/** `fallback` when absent. */
bool field_flag(const struct fields *fields, const char *name, bool fallback);
json_t *field_object(const struct fields *fields, const char *name, bool required);
json_t *field_array(const struct fields *fields, const char *name, size_t max, bool required);

/** Letters, digits, _ . -, 1 to 64 of them. Pure. */
bool id_is_good(const char *text);

#endif
