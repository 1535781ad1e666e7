#include "media/bind.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static socklen_t name_of(int family, const struct in6_addr *ip, uint16_t port, struct sockaddr_storage *name)
{
    memset(name, 0, sizeof *name);
    if (family == AF_INET6) {
        struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_addr = *ip, .sin6_port = htons(port)};
        memcpy(name, &ipv6, sizeof ipv6);
        return sizeof ipv6;
    }
    struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (IN6_IS_ADDR_V4MAPPED(ip))
        memcpy(&ipv4.sin_addr, &ip->s6_addr[12], sizeof ipv4.sin_addr);
    memcpy(name, &ipv4, sizeof ipv4);
    return sizeof ipv4;
}

static int bind_family(int type, int family, const struct in6_addr *ip, uint16_t port, struct bound_socket *bound)
{
    struct sockaddr_storage name;
    socklen_t size = name_of(family, ip, port, &name);
    int on = 1, off = 0;
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (type == SOCK_STREAM)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&name, size) < 0 || getsockname(fd, (struct sockaddr *)&name, &size) < 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    /* The port lies at the same place in both families' addresses. */
    *bound = (struct bound_socket){.fd = fd, .family = family, .port = ntohs(((struct sockaddr_in *)&name)->sin_port)};
    return 0;
}

int bind_socket(int type, const struct in6_addr *ip, uint16_t port, struct bound_socket *bound)
{
    if (IN6_IS_ADDR_V4MAPPED(ip))
        return bind_family(type, AF_INET, ip, port, bound);
    int result = bind_family(type, AF_INET6, ip, port, bound);
    if (result == -EAFNOSUPPORT && IN6_IS_ADDR_UNSPECIFIED(ip))
        return bind_family(type, AF_INET, ip, port, bound);
    return result;
}
