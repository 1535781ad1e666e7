#include "media/ipc.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int open_socket(int *fd)
{
    *fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return -errno;
    int size = 2 * IPC_MESSAGE_MAX; /* the kernel counts its bookkeeping too */
    setsockopt(*fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return 0;
}

static int open_socket_for(const char *path, struct sockaddr_un *address, int *fd)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path)
        return -ENAMETOOLONG;
    strcpy(address->sun_path, path);
    return open_socket(fd);
}

static int close_with(int fd, int error)
{
    close(fd);
    return error;
}

int ipc_listen(const char *path, int *fd)
{
    struct sockaddr_un address;
    int result = open_socket_for(path, &address, fd);
    if (result < 0)
        return result;
    unlink(path);
    mode_t mask = umask(0077); /* the socket is the worker's only door: for its owner alone */
    int bound = bind(*fd, (struct sockaddr *)&address, sizeof address);
    int error = -errno;
    umask(mask);
    if (bound < 0)
        return close_with(*fd, error);
    if (listen(*fd, 4) < 0)
        return close_with(*fd, -errno);
    return 0;
}

int ipc_connect(const char *path, int *fd)
{
    struct sockaddr_un address;
    int result = open_socket_for(path, &address, fd);
    if (result < 0)
        return result;
    if (connect(*fd, (struct sockaddr *)&address, sizeof address) < 0)
        return close_with(*fd, -errno);
    return 0;
}

union fd_control {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

int ipc_send(int fd, const char *text, size_t size, int pass_fd)
{
    if (size > IPC_MESSAGE_MAX)
        return -EMSGSIZE;
    struct iovec part = {.iov_base = (void *)text, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union fd_control control = {0};
    if (pass_fd >= 0) {
        message.msg_control = control.room;
        message.msg_controllen = sizeof control.room;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &pass_fd, sizeof pass_fd);
    }
    ssize_t sent;
    do
        sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

/* Keeps the first descriptor; any other is closed, so that a faulty peer cannot fill our table. */
static void take_fds(struct msghdr *message, int *pass_fd)
{
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int got;
            memcpy(&got, CMSG_DATA(header) + i * sizeof got, sizeof got);
            if (*pass_fd < 0)
                *pass_fd = got;
            else
                close(got);
        }
    }
}

ssize_t ipc_receive(int fd, char *text, int *pass_fd)
{
    struct iovec part = {.iov_base = text, .iov_len = IPC_MESSAGE_MAX};
    union fd_control control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
    *pass_fd = -1;
    ssize_t got;
    do
        got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return -errno;
    take_fds(&message, pass_fd);
    text[got] = '\0';
    if (message.msg_flags & MSG_TRUNC) {
        if (*pass_fd >= 0)
            close(*pass_fd);
        *pass_fd = -1;
        return -EMSGSIZE;
    }
    return got;
}
