#include "server/peer_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

void peer_address(int fd, char address[64])
{
    struct sockaddr_storage peer = {0};
    socklen_t size = sizeof peer;
    const struct in6_addr *six = &((struct sockaddr_in6 *)&peer)->sin6_addr;

    address[0] = '\0';
    if (getpeername(fd, (struct sockaddr *)&peer, &size))
        return;
    if (peer.ss_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)&peer)->sin_addr, address, 64);
    else if (peer.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(six))
        inet_ntop(AF_INET, &six->s6_addr[12], address, 64);
    else if (peer.ss_family == AF_INET6)
        inet_ntop(AF_INET6, six, address, 64);
}
