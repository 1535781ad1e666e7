/**
 * Times as the API, the protocol and FHIR write them (RFC 3339), and as the store keeps them: microseconds since the
 * Unix epoch.
 */
#ifndef SERVER_RFC3339_H
#define SERVER_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

enum { RFC3339_SIZE = 32 };

/** "2026-11-22T14:00:00Z"; with milliseconds when there are any. */
void rfc3339_format(int64_t us, char text[RFC3339_SIZE]);
/** A date, a time and an offset, nothing before or after; years 1970 to 9999. Strangers send this. */
bool rfc3339_parse(const char *text, int64_t *us);
/** A calendar date, "1980-02-29", that exists. */
bool rfc3339_date(const char *text);

#endif
