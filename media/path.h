/**
 * One way to a peer: its address and port, the address of ours it spoke to, and for ICE-TCP the connection.
 * IPv4 addresses are kept mapped into IPv6 (::ffff:a.b.c.d), as the dual-stack socket gives them.
 */
#ifndef MEDIA_PATH_H
#define MEDIA_PATH_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct tcp_connection;

struct path {
    struct in6_addr remote;
    struct in6_addr local;         /* :: when not known */
    uint16_t remote_port;          /* host byte order */
    struct tcp_connection *stream; /* NULL on UDP; borrowed */
};

/** The same peer address over the same socket; which of our addresses it used does not count. */
bool path_equal(const struct path *a, const struct path *b);

/** A hash that strangers cannot steer: `seed` is random per process. */
uint64_t path_hash(const struct path *path, uint64_t seed);

/** 4 or 6. */
int path_family(const struct path *path);

/** The remote address as AF_INET6, for sending on a socket of both families. The result is its size. */
socklen_t path_remote(const struct path *path, struct sockaddr_storage *address);

/** The remote address in its own family, for what is told to the peer and for IPv4 sockets. The result is its size. */
socklen_t path_remote_native(const struct path *path, struct sockaddr_storage *address);

/** Fills `remote` and `remote_port`; `address` is AF_INET or AF_INET6. */
void path_set_remote(struct path *path, const struct sockaddr *address);

struct in6_addr path_map_ipv4(const void *ipv4);

/** Parses "192.0.2.1" or "2001:db8::1". Errors: -EINVAL. */
int path_parse_ip(const char *text, struct in6_addr *ip);
/** Writes a (mapped) address as users write it; `text` has INET6_ADDRSTRLEN bytes. */
void path_format_ip(const struct in6_addr *ip, char *text);

#endif
