/**
 * The addresses a worker tells its peers to try: as configured, or found on the machine's interfaces. Host candidates
 * for UDP and, passive, for TCP (RFC 8445 §5.1.2, RFC 6544 §4.2) on the worker's one port.
 */
#ifndef MEDIA_CANDIDATES_H
#define MEDIA_CANDIDATES_H

#include <jansson.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CANDIDATE_ADDRESSES_MAX = 16 };

struct candidate_addresses {
    size_t count;
    struct in6_addr ips[CANDIDATE_ADDRESSES_MAX];
};

/** Parses a comma-separated list. Errors: -EINVAL for what is no address, -ENOSPC for too many. */
int candidate_addresses_parse(const char *list, struct candidate_addresses *addresses);

/** Finds the machine's own: all that are up and neither loopback nor link-local; loopback when there are none.
 * IPv6 ones only when `ipv6`. */
int candidate_addresses_find(bool ipv6, struct candidate_addresses *addresses);

/** The candidates as ipc.h lists them. Owns: the caller owns the array; NULL without memory. */
json_t *candidates_json(const struct candidate_addresses *addresses, uint16_t port);

#endif
