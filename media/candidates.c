#include "media/candidates.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>

#include "media/path.h"

/* RFC 8445 §5.1.2.1: host candidates have preference 126; RFC 6544 §4.2: those of TCP less than all of UDP, and in the
 * local preference the direction comes first (passive: 2). */
enum { UDP_PREFERENCE = 126, TCP_PREFERENCE = 90, LOCAL_MAX = 65535, PASSIVE = 2 << 13, COMPONENT = 1 };

static int add(struct candidate_addresses *addresses, const struct in6_addr *ip)
{
    for (size_t i = 0; i < addresses->count; i++)
        if (memcmp(&addresses->ips[i], ip, sizeof *ip) == 0)
            return 0;
    if (addresses->count == CANDIDATE_ADDRESSES_MAX)
        return -ENOSPC;
    addresses->ips[addresses->count++] = *ip;
    return 0;
}

int candidate_addresses_parse(const char *list, struct candidate_addresses *addresses)
{
    addresses->count = 0;
    while (*list) {
        char text[INET6_ADDRSTRLEN] = "";
        struct in6_addr ip;
        list += strspn(list, ", ");
        size_t size = strcspn(list, ", ");
        if (size == 0)
            break;
        if (size >= sizeof text)
            return -EINVAL;
        memcpy(text, list, size);
        list += size;
        int result = path_parse_ip(text, &ip);
        if (result == 0)
            result = add(addresses, &ip);
        if (result < 0)
            return result;
    }
    return 0;
}

static bool is_worth_telling(const struct ifaddrs *at, bool ipv6)
{
    if (!at->ifa_addr || !(at->ifa_flags & IFF_UP) || (at->ifa_flags & IFF_LOOPBACK))
        return false;
    if (at->ifa_addr->sa_family == AF_INET)
        return true;
    return ipv6 && at->ifa_addr->sa_family == AF_INET6 &&
           !IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)at->ifa_addr)->sin6_addr);
}

int candidate_addresses_find(bool ipv6, struct candidate_addresses *addresses)
{
    struct ifaddrs *list;
    addresses->count = 0;
    if (getifaddrs(&list) < 0)
        return -errno;
    for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
        struct path path = {0};
        if (!is_worth_telling(at, ipv6))
            continue;
        path_set_remote(&path, at->ifa_addr);
        if (add(addresses, &path.remote) < 0)
            break;
    }
    freeifaddrs(list);
    return addresses->count ? 0 : candidate_addresses_parse(ipv6 ? "127.0.0.1,::1" : "127.0.0.1", addresses);
}

static json_t *candidate(const struct in6_addr *ip, size_t rank, uint16_t port, bool tcp)
{
    char text[INET6_ADDRSTRLEN], foundation[24];
    uint32_t local = tcp ? PASSIVE + (1 << 13) - 1 - (uint32_t)rank : LOCAL_MAX - (uint32_t)rank;
    uint32_t preference = tcp ? TCP_PREFERENCE : UDP_PREFERENCE;
    uint32_t priority = preference << 24 | local << 8 | (256 - COMPONENT);
    path_format_ip(ip, text);
    snprintf(foundation, sizeof foundation, "%c%zu", tcp ? 't' : 'u', rank);
    json_t *json = json_pack("{s:s, s:i, s:s, s:I, s:s, s:i, s:s}", "foundation", foundation, "component", COMPONENT,
                             "protocol", tcp ? "tcp" : "udp", "priority", (json_int_t)priority, "ip", text, "port",
                             (int)port, "type", "host");
    if (tcp)
        json_object_set_new(json, "tcptype", json_string("passive"));
    return json;
}

json_t *candidates_json(const struct candidate_addresses *addresses, uint16_t port)
{
    json_t *list = json_array();
    for (int tcp = 0; tcp < 2; tcp++)
        for (size_t i = 0; i < addresses->count; i++)
            json_array_append_new(list, candidate(&addresses->ips[i], i, port, tcp));
    return list;
}
