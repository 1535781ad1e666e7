/* The requests tap.*: recordings by name. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/control_items.h"
#include "media/journal.h"
#include "media/log.h"
#include "media/tap.h"

enum { TELL_US = 1000000 };

static const uint64_t ntp_of_unix_us = 2208988800ull * 1000000;

struct tap_item {
    char recording[TRACK_NAME_MAX + 1];
    struct room_item *room;
    struct tap *tap;
    uint32_t segment;
    bool failed;
    uint64_t told_us;
    struct control_promise promise; /* to say when it is closed */
    struct tap_item *next_ending;
};

static void tell(struct control_room *owner, const struct tap_item *item, const char *state, uint64_t bytes, int error)
{
    json_t *event = json_pack("{s:s, s:s, s:s, s:I}", "event", "tap.state", "recording", item->recording, "state",
                              state, "bytes", (json_int_t)bytes);
    if (error < 0)
        json_object_set_new(event, "reason", json_string(error == -ENOSPC ? "disk_full" : "disk"));
    control_event(owner->control, event);
}

static struct tap_item *find_tap(struct control_room *owner, struct control_request *request, int *error)
{
    const char *name;
    *error = control_name(request, "recording", &name);
    struct tap_item *item = *error < 0 ? NULL : names_find(&owner->taps, name);
    if (*error == 0 && !item)
        *error = control_fail(request, -ENOENT, "no recording of that name");
    return item;
}

static int parse_secrets(struct control_request *request, unsigned char *key, unsigned char *chain)
{
    const char *key_text = json_string_value(json_object_get(request->body, "key"));
    const char *chain_text = json_string_value(json_object_get(request->body, "chain"));
    size_t size = 0;
    if (!key_text ||
        sodium_base642bin(key, JOURNAL_KEY_SIZE, key_text, strlen(key_text), NULL, &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) < 0 ||
        size != JOURNAL_KEY_SIZE)
        return control_fail(request, -EINVAL, "key is no base64 of %d bytes", JOURNAL_KEY_SIZE);
    memset(chain, 0, JOURNAL_HASH_SIZE);
    if (!chain_text || !chain_text[0])
        return 0;
    if (sodium_hex2bin(chain, JOURNAL_HASH_SIZE, chain_text, strlen(chain_text), NULL, &size, NULL) < 0 ||
        size != JOURNAL_HASH_SIZE)
        return control_fail(request, -EINVAL, "chain is no hex of %d bytes", JOURNAL_HASH_SIZE);
    return 0;
}

static int open_tap(struct control_room *owner, struct control_request *request, struct tap_item *item)
{
    unsigned char key[JOURNAL_KEY_SIZE], chain[JOURNAL_HASH_SIZE];
    struct journal *journal;
    int error = parse_secrets(request, key, chain);
    if (error < 0)
        return error;
    struct journal_config config = {.fd = request->fd,
                                    .recording = item->recording,
                                    .segment = item->segment,
                                    .key = key,
                                    .chain = chain,
                                    .now_us = request->now_us,
                                    .epoch_us = request->now_us + owner->epoch_us - ntp_of_unix_us};
    request->fd = -1; /* the journal's, also when it fails */
    error = journal_open(&config, &journal);
    sodium_memzero(key, sizeof key);
    if (error < 0)
        return control_fail(request, error, "the journal cannot be opened");
    error = tap_create(journal, &item->tap);
    if (error < 0)
        journal_close(journal, request->now_us, chain, &(uint64_t){0});
    return error;
}

static int op_tap_open(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    const char *room_name, *recording;
    (void)answer;
    int error = control_name(request, "room", &room_name);
    if (error == 0)
        error = control_name(request, "recording", &recording);
    if (error != 0)
        return error;
    struct room_item *room = names_find(&owner->rooms, room_name);
    if (!room)
        return control_fail(request, -ENOENT, "no room of that name");
    if (names_find(&owner->taps, recording))
        return control_fail(request, -EEXIST, "that recording is being written");
    if (request->fd < 0)
        return control_fail(request, -EINVAL, "a file descriptor must come with it");
    struct tap_item *item = calloc(1, sizeof *item);
    if (!item)
        return -ENOMEM;
    snprintf(item->recording, sizeof item->recording, "%s", recording);
    item->room = room;
    item->segment = (uint32_t)json_integer_value(json_object_get(request->body, "segment"));
    error = open_tap(owner, request, item);
    if (error == 0)
        error = names_add(&owner->taps, item->recording, item);
    if (error < 0) {
        unsigned char chain[JOURNAL_HASH_SIZE];
        tap_destroy(item->tap, request->now_us, chain, &(uint64_t){0});
        free(item);
        return error;
    }
    log_info("tap", item->recording, "open segment=%u", item->segment);
    return 0;
}

static int op_tap_tracks(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    struct tap_source sources[TAP_TRACKS_MAX];
    const json_t *tracks = json_object_get(request->body, "tracks");
    int error, count = 0;
    (void)answer;
    struct tap_item *item = find_tap(owner, request, &error);
    if (!item)
        return error;
    if (!json_is_array(tracks) || json_array_size(tracks) > TAP_TRACKS_MAX)
        return control_fail(request, -EINVAL, "tracks is a list of at most %d", TAP_TRACKS_MAX);
    for (size_t i = 0; i < json_array_size(tracks); i++) {
        const char *name = json_string_value(json_array_get(tracks, i));
        struct track_item *track = name ? names_find(&owner->tracks, name) : NULL;
        if (!track) /* it may just have ended; the others are to be recorded all the same */
            continue;
        if (track->member->room != item->room)
            return control_fail(request, -EINVAL, "a track is in another room");
        const char *participant = json_string_value(json_object_get(track->request, "participant"));
        sources[count++] = (struct tap_source){
            .track = track->track, .participant = participant ? participant : member_name(track->member->member)};
    }
    return tap_set_tracks(item->tap, sources, count, request->now_us);
}

static int op_tap_event(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    const json_t *event = json_object_get(request->body, "event");
    int error;
    (void)answer;
    struct tap_item *item = find_tap(owner, request, &error);
    if (!item)
        return error;
    if (!json_is_object(event))
        return control_fail(request, -EINVAL, "event is an object");
    char *text = json_dumps(event, JSON_COMPACT);
    if (!text)
        return -ENOMEM;
    error = tap_event(item->tap, text, request->now_us);
    free(text);
    return error;
}

/* From now on nothing is taken, and another segment of the recording may begin. */
static void begin_close(struct control_room *owner, struct tap_item *item, uint64_t now_us)
{
    names_remove(&owner->taps, item->recording);
    tap_end(item->tap, now_us);
    item->next_ending = owner->ending;
    owner->ending = item;
}

static void finish_close(struct control_room *owner, struct tap_item *item)
{
    unsigned char chain[JOURNAL_HASH_SIZE] = {0};
    char hex[2 * JOURNAL_HASH_SIZE + 1];
    uint64_t bytes = 0;
    int error = tap_destroy(item->tap, 0, chain, &bytes);
    tell(owner, item, "closed", bytes, error);
    log_info("tap", item->recording, "closed bytes=%llu error=%d", (unsigned long long)bytes, error);
    sodium_bin2hex(hex, sizeof hex, chain, sizeof chain);
    control_answer(owner->control, &item->promise, error,
                   json_pack("{s:I, s:s}", "bytes", (json_int_t)bytes, "chain", hex));
    free(item);
}

static void finish_closing(struct control_room *owner, bool wait)
{
    for (struct tap_item **at = &owner->ending; *at;) {
        struct tap_item *item = *at;
        if (!wait && !tap_has_ended(item->tap)) {
            at = &item->next_ending;
            continue;
        }
        *at = item->next_ending;
        finish_close(owner, item);
    }
}

static int op_tap_close(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    int error;
    (void)answer;
    struct tap_item *item = find_tap(owner, request, &error);
    if (!item)
        return error;
    item->promise = control_promise(request);
    begin_close(owner, item, request->now_us);
    return CONTROL_LATER;
}

const struct control_op control_tap_ops[] = {
    {"tap.open", op_tap_open},
    {"tap.tracks", op_tap_tracks},
    {"tap.event", op_tap_event},
    {"tap.close", op_tap_close},
};
const size_t control_tap_op_count = sizeof control_tap_ops / sizeof control_tap_ops[0];

/* ---- what happens by itself ---- */

struct search {
    const struct room_item *room; /* NULL: any */
    struct tap_item *found;
};

static void match(void *arg, void *object)
{
    struct search *search = arg;
    struct tap_item *item = object;
    if (!search->room || item->room == search->room)
        search->found = item;
}

void control_tap_close_all(struct control_room *owner, const struct room_item *room, uint64_t now_us)
{
    struct search search = {.room = room};
    for (control_each(&owner->taps, match, &search); search.found; control_each(&owner->taps, match, &search)) {
        begin_close(owner, search.found, now_us);
        search.found = NULL;
    }
}

void control_tap_settle(struct control_room *owner)
{
    finish_closing(owner, true);
}

struct pausing {
    const struct track_item *track;
    uint64_t now_us;
};

static void note_paused(void *arg, void *object)
{
    const struct pausing *pausing = arg;
    struct tap_item *item = object;
    tap_note_paused(item->tap, pausing->track->track, track_is_paused(pausing->track->track), pausing->now_us);
}

void control_tap_note_paused(struct control_room *owner, const struct track_item *track, uint64_t now_us)
{
    struct pausing pausing = {.track = track, .now_us = now_us};
    control_each(&owner->taps, note_paused, &pausing);
}

struct ticking {
    struct control_room *owner;
    uint64_t now_us;
};

static void tick(void *arg, void *object)
{
    const struct ticking *ticking = arg;
    struct tap_item *item = object;
    uint64_t bytes = 0;
    tap_tick(item->tap, ticking->now_us);
    if (ticking->now_us - item->told_us < TELL_US)
        return;
    item->told_us = ticking->now_us;
    int error = tap_status(item->tap, &bytes);
    if (error < 0 && item->failed)
        return;
    item->failed = error < 0;
    tell(ticking->owner, item, error < 0 ? "failed" : "writing", bytes, error);
}

void control_tap_tick(struct control_room *owner, uint64_t now_us)
{
    struct ticking ticking = {.owner = owner, .now_us = now_us};
    control_each(&owner->taps, tick, &ticking);
    finish_closing(owner, false);
}

static void snapshot(void *arg, void *object)
{
    struct control_room *owner = arg;
    struct tap_item *item = object;
    uint64_t bytes = 0;
    int error = tap_status(item->tap, &bytes);
    json_t *tracks = json_array();
    for (int i = 0; i < tap_track_count(item->tap); i++)
        json_array_append_new(tracks, json_string(track_config(tap_track(item->tap, i))->name));
    control_event(owner->control, json_pack("{s:s, s:s, s:s, s:I, s:o, s:I, s:s}", "event", "snapshot.recording",
                                            "room", room_name(item->room->room), "recording", item->recording,
                                            "segment", (json_int_t)item->segment, "tracks", tracks, "bytes",
                                            (json_int_t)bytes, "state", error < 0 ? "failed" : "writing"));
}

void control_tap_snapshot(struct control_room *owner)
{
    control_tap_settle(owner); /* who attaches now takes what is not told for closed */
    control_each(&owner->taps, snapshot, owner);
}
