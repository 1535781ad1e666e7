#include "media/path.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

bool path_equal(const struct path *a, const struct path *b)
{
    return a->stream == b->stream && a->remote_port == b->remote_port &&
           memcmp(&a->remote, &b->remote, sizeof a->remote) == 0;
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ULL;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ULL;
    return x ^ (x >> 32);
}

uint64_t path_hash(const struct path *path, uint64_t seed)
{
    uint64_t half[2];
    memcpy(half, &path->remote, sizeof half);
    return mix(mix(mix(seed ^ half[0]) ^ half[1]) ^ path->remote_port);
}

int path_family(const struct path *path)
{
    return IN6_IS_ADDR_V4MAPPED(&path->remote) ? 4 : 6;
}

socklen_t path_remote(const struct path *path, struct sockaddr_storage *address)
{
    struct sockaddr_in6 remote = {
        .sin6_family = AF_INET6, .sin6_addr = path->remote, .sin6_port = htons(path->remote_port)};
    memcpy(address, &remote, sizeof remote);
    return sizeof remote;
}

socklen_t path_remote_native(const struct path *path, struct sockaddr_storage *address)
{
    if (path_family(path) == 6)
        return path_remote(path, address);
    struct sockaddr_in remote = {.sin_family = AF_INET, .sin_port = htons(path->remote_port)};
    memcpy(&remote.sin_addr, &path->remote.s6_addr[12], sizeof remote.sin_addr);
    memcpy(address, &remote, sizeof remote);
    return sizeof remote;
}

struct in6_addr path_map_ipv4(const void *ipv4)
{
    struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(&mapped.s6_addr[12], ipv4, 4);
    return mapped;
}

void path_set_remote(struct path *path, const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, address, sizeof ipv4);
        path->remote = path_map_ipv4(&ipv4.sin_addr);
        path->remote_port = ntohs(ipv4.sin_port);
        return;
    }
    struct sockaddr_in6 ipv6;
    memcpy(&ipv6, address, sizeof ipv6);
    path->remote = ipv6.sin6_addr;
    path->remote_port = ntohs(ipv6.sin6_port);
}

int path_parse_ip(const char *text, struct in6_addr *ip)
{
    struct in_addr ipv4;
    if (inet_pton(AF_INET, text, &ipv4) == 1) {
        *ip = path_map_ipv4(&ipv4);
        return 0;
    }
    return inet_pton(AF_INET6, text, ip) == 1 ? 0 : -EINVAL;
}

void path_format_ip(const struct in6_addr *ip, char *text)
{
    if (IN6_IS_ADDR_V4MAPPED(ip))
        inet_ntop(AF_INET, &ip->s6_addr[12], text, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, ip, text, INET6_ADDRSTRLEN);
}
