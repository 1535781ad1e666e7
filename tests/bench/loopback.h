/** Sockets on loopback and segmented sends to them: what each measuring program here begins with. Errors end the program. */
#ifndef TESTS_BENCH_LOOPBACK_H
#define TESTS_BENCH_LOOPBACK_H

#include <arpa/inet.h>
#include <err.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

/** A UDP socket on a port of the kernel's choice; `flags` as socket(2) takes them beside the type. */
static inline int loopback_socket(int flags, struct sockaddr_in *name)
{
    int fd = socket(AF_INET, SOCK_DGRAM | flags, 0);
    socklen_t size = sizeof *name;
    *name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr *)name, size) < 0 || getsockname(fd, (struct sockaddr *)name, &size) < 0)
        err(1, "a socket on loopback");
    return fd;
}

/** Sends `size` bytes, cut into packets of `segment` and a last one that may be shorter. */
static inline void loopback_send(int fd, const struct sockaddr_in *to, uint8_t *data, size_t size, size_t segment)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(uint16_t))];
    } control = {0};
    struct iovec part = {data, size};
    struct msghdr message = {.msg_name = (void *)to, .msg_namelen = sizeof *to, .msg_iov = &part, .msg_iovlen = 1};
    if (size > segment) {
        message.msg_control = control.room;
        message.msg_controllen = sizeof control.room;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = IPPROTO_UDP;
        header->cmsg_type = UDP_SEGMENT;
        header->cmsg_len = CMSG_LEN(sizeof(uint16_t));
        uint16_t each = (uint16_t)segment;
        memcpy(CMSG_DATA(header), &each, sizeof each);
    }
    if (sendmsg(fd, &message, 0) < 0)
        warn("sendmsg");
}

#endif
