/**
 * Parsers for what strangers send in HTTP. Pure: no sockets, no clock, bounded output; each is fuzzed.
 */
#ifndef SERVER_HTTP_PARSE_H
#define SERVER_HTTP_PARSE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_PATH_MAX = 1024, HTTP_QUERY_MAX = 64 /* parameters */, HTTP_COOKIE_MAX = 512 };

/** Decodes a path into `path`; refuses bad escapes, zero bytes, control characters and dot segments. */
bool http_parse_path(const char *raw, size_t size, char path[HTTP_PATH_MAX]);

/** name/value pairs of a query string, decoded, valid UTF-8; NULL when it is malformed. The caller unrefs. */
GHashTable *http_parse_query(const char *raw, size_t size);

/** Finds one cookie in a Cookie header. False when absent or too long. */
bool http_parse_cookie(const char *header, const char *name, char value[HTTP_COOKIE_MAX]);

enum http_range { RANGE_NONE, RANGE_PART, RANGE_BAD };
/** One byte range (RFC 9110 §14) of something `size` bytes long. Several ranges count as none: the whole is sent. */
enum http_range http_parse_range(const char *header, uint64_t size, uint64_t *first, uint64_t *last);

/** "vi" or "en" by the weights of Accept-Language; "vi" when it says nothing of either. */
const char *http_parse_language(const char *header);

/** Whether a coding is acceptable by Accept-Encoding. */
bool http_accepts_encoding(const char *header, const char *coding);

/** Whether an If-None-Match list holds `etag` (weak comparison). */
bool http_etag_matches(const char *header, const char *etag);

/** A Host header that is safe to give back: a host name or address with an optional port. */
bool http_host_is_sane(const char *host);

#endif
