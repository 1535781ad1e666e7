/**
 * Makes the worker's sockets: one for IPv4 and IPv6 together, or one for IPv4 alone when an IPv4 address is asked for
 * or the kernel has no IPv6.
 */
#ifndef MEDIA_BIND_H
#define MEDIA_BIND_H

#include <netinet/in.h>
#include <stdint.h>

struct bound_socket {
    int fd; /* non-blocking, close-on-exec */
    int family;
    uint16_t port;
};

/** `type` is SOCK_DGRAM or SOCK_STREAM; `ip` is :: for all. Errors: -errno; `bound` is untouched then. */
int bind_socket(int type, const struct in6_addr *ip, uint16_t port, struct bound_socket *bound);

#endif
