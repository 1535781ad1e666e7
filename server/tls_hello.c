#include "server/tls_hello.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { RECORD_HEAD = 5, HANDSHAKE = 22, CLIENT_HELLO = 1, EXTENSION_ALPN = 16 };

/* What is left to read; every taker checks it first, and one failure makes all later ones fail. */
struct view {
    const unsigned char *data;
    size_t size;
    bool bad;
};

static struct view take(struct view *from, size_t size)
{
    struct view part = {from->data, size, false};

    if (from->bad || size > from->size) {
        from->bad = true;
        return (struct view){NULL, 0, true};
    }
    from->data += size;
    from->size -= size;
    return part;
}

static size_t number(struct view *from, size_t bytes)
{
    struct view part = take(from, bytes);
    size_t value = 0;

    for (size_t i = 0; i < part.size; i++)
        value = value << 8 | part.data[i];
    return value;
}

/* A part that its length stands before, in `bytes` bytes. */
static struct view counted(struct view *from, size_t bytes)
{
    size_t size = number(from, bytes);
    return take(from, size);
}

static bool offers_h2(struct view alpn)
{
    struct view list = counted(&alpn, 2);

    while (list.size && !list.bad) {
        struct view name = counted(&list, 1);
        if (name.size == 2 && !memcmp(name.data, "h2", 2))
            return true;
    }
    return false;
}

/* RFC 8446 §4.1.2 */
static enum tls_hello look_into(struct view hello)
{
    take(&hello, 2 + 32); /* version, random */
    counted(&hello, 1);   /* session id */
    counted(&hello, 2);   /* cipher suites */
    counted(&hello, 1);   /* compression methods */
    struct view extensions = counted(&hello, 2);
    while (extensions.size && !extensions.bad) {
        size_t type = number(&extensions, 2);
        struct view content = counted(&extensions, 2);
        if (type == EXTENSION_ALPN && !content.bad)
            return offers_h2(content) ? TLS_HELLO_H2 : TLS_HELLO_OTHER;
    }
    return TLS_HELLO_OTHER;
}

/* Gathers the handshake message out of its records: a hello may be cut into several (RFC 8446 §5.1). */
enum tls_hello tls_hello_look(const unsigned char *data, size_t size, size_t *wanted)
{
    unsigned char hello[TLS_HELLO_MAX];
    size_t gathered = 0, at = 0;

    for (;;) {
        if (size < at + RECORD_HEAD) {
            *wanted = at + RECORD_HEAD;
            return *wanted > TLS_HELLO_MAX ? TLS_HELLO_OTHER : TLS_HELLO_MORE;
        }
        size_t length = (size_t)data[at + 3] << 8 | data[at + 4];
        if (data[at] != HANDSHAKE || !length || at + RECORD_HEAD + length > TLS_HELLO_MAX)
            return TLS_HELLO_OTHER;
        if (size < at + RECORD_HEAD + length) {
            *wanted = at + RECORD_HEAD + length;
            return TLS_HELLO_MORE;
        }
        memcpy(hello + gathered, data + at + RECORD_HEAD, length);
        gathered += length;
        at += RECORD_HEAD + length;
        if (hello[0] != CLIENT_HELLO)
            return TLS_HELLO_OTHER;
        if (gathered < 4)
            continue;
        size_t body = (size_t)hello[1] << 16 | (size_t)hello[2] << 8 | hello[3];
        if (gathered >= 4 + body)
            return look_into((struct view){hello + 4, body, false});
    }
}
