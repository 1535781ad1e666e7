/**
 * hoichan.v1 on the wire: reads and checks what a client sends against the rules of protocol.schema.json, and makes the
 * messages that go back. Knows no rooms and no peers.
 *
 * Thread: any; no state.
 */
#ifndef SIGNALING_PROTOCOL_H
#define SIGNALING_PROTOCOL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROTOCOL_MESSAGE_MAX = 262144, PROTOCOL_TRACKS_MAX = 16, PROTOCOL_NAME_MAX = 64 };

enum message_type {
    MESSAGE_JOIN,
    MESSAGE_RESUME,
    MESSAGE_OFFER,
    MESSAGE_STATE,
    MESSAGE_VIEW,
    MESSAGE_LEAVE,
    MESSAGE_RECORD,
    MESSAGE_CONSENT,
    MESSAGE_CHAT,
    MESSAGE_MODERATE,
    MESSAGE_QUALITY,
    MESSAGE_PING,
    MESSAGE_SIDE,
    MESSAGE_SOURCE_ASK,
    MESSAGE_SOURCE_DECLINE,
    MESSAGE_CAMERA_MOVE,
    MESSAGE_CAMERA_PRESET,
    MESSAGE_CAMERA_RELEASE,
    MESSAGE_STILL,
    MESSAGE_STILL_TAKEN,
    MESSAGE_STILL_FAILED,
    MESSAGE_STILL_SCALE,
    MESSAGE_MARK,
    MESSAGE_MARK_REMOVE,
    MESSAGE_POINTER,
    MESSAGE_CAPTIONS_LINE,
    MESSAGE_TYPE_COUNT,
};

/** `body` holds every required field, and each known field is of its type and within its bounds. */
struct message {
    enum message_type type;
    int64_t id; /* -1: none */
    json_t *body;
};

/**
 * Reads one text message. The result is NULL when it is good, else an error code of the schema; `message->id` is then
 * still set when the text had one, so that the error can name it. Owns: message_finish in both cases.
 */
const char *protocol_read(const char *text, size_t size, struct message *message);
void message_finish(struct message *message);

/** A field that was checked: its text, number or truth; `otherwise` when it is absent. */
const char *message_text(const struct message *message, const char *field);
int64_t message_number(const struct message *message, const char *field, int64_t otherwise);
/** 1, 0, or -1 when absent. */
int message_flag(const struct message *message, const char *field);

/** [A-Za-z0-9_.-]{1,64} */
bool protocol_is_name(const char *text);

/** Makers. Owns: the caller owns the result. `id` -1: without one. */
json_t *protocol_error(const char *code, int64_t id, const char *language, bool fatal);
/** After how many seconds trying again by itself is worth while; 0: it is not. Never twice the same. */
int protocol_retry_after_s(const char *code);
json_t *protocol_ok(int64_t id);
json_t *protocol_time(int64_t unix_us);

/** messages.c: the sentence and the advice for an error code; never NULL. */
struct message_words {
    const char *message, *action;
};
struct message_words message_words(const char *code, const char *language);

#endif
