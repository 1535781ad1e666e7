#include "spread.h"

#include "call.h"
#include "gate.h"
#include "protocol.h"
#include "worker.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOOK_EVERY_S = 2, UNWATCHED_S = 10, LEVEL_EXT = 1, DEPENDENCY_EXT = 2 };

/* A publisher's tracks on their way to one further worker. */
struct relay {
    struct leg *leg; /* whose tracks */
    char id[ID_SIZE];
    int worker;         /* its number */
    GHashTable *tracks; /* id → struct carried */
};

/* What fits into it is large enough; 0: as large as it comes. */
struct size {
    int width, height;
};

static const struct size NOBODYS = {-1, -1};

struct carried {
    GPtrArray *slots;          /* their ids, one a layer */
    struct size size;          /* as the slots were told: larger layers than it takes stay where they are */
    int64_t unwatched_since_s; /* 0: somebody there has it in a slot */
};

static struct signaling *signaling_of(const struct leg *leg)
{
    return leg->participant->call->signaling;
}

static void carried_free(void *data)
{
    struct carried *carried = data;
    g_ptr_array_unref(carried->slots);
    g_free(carried);
}

static struct carried *carried_new(struct relay *relay, const char *track)
{
    struct carried *carried = g_new0(struct carried, 1);
    carried->slots = g_ptr_array_new_with_free_func(g_free);
    carried->size = NOBODYS; /* the slots have been told nothing yet, or before a restart */
    g_hash_table_insert(relay->tracks, g_strdup(track), carried);
    return carried;
}

static void relay_free(void *data)
{
    struct relay *relay = data;
    g_hash_table_remove(signaling_of(relay->leg)->relays, relay->id);
    g_hash_table_destroy(relay->tracks);
    g_free(relay);
}

static struct relay *relay_new(struct leg *leg, const char *id, int worker)
{
    struct relay *relay = g_new0(struct relay, 1);
    if (id)
        g_strlcpy(relay->id, id, sizeof relay->id);
    else
        core_new_id(relay->id);
    relay->leg = leg;
    relay->worker = worker;
    g_hash_table_insert(signaling_of(leg)->relays, relay->id, relay);
    relay->tracks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, carried_free);
    if (!leg->relays)
        leg->relays = g_ptr_array_new_with_free_func(relay_free);
    g_ptr_array_add(leg->relays, relay);
    return relay;
}

static int larger(int one, int other)
{
    return one == 0 || other == 0 ? 0 : MAX(one, other);
}

static struct size larger_of(struct size size, const struct slot *slot)
{
    return (struct size){larger(size.width, slot->max_width), larger(size.height, slot->max_height)};
}

static struct relay *relay_to(const struct leg *leg, int worker)
{
    for (guint i = 0; leg->relays && i < leg->relays->len; i++) {
        struct relay *relay = g_ptr_array_index(leg->relays, i);
        if (relay->worker == worker)
            return relay;
    }
    return NULL;
}

/* ---- which worker ---- */

static unsigned count_legs(const struct call *call, const struct worker *worker)
{
    unsigned count = 0;
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        for (guint l = 0; l < participant->legs->len; l++)
            count += ((const struct leg *)g_ptr_array_index(participant->legs, l))->worker == worker;
    }
    return count;
}

static bool is_full(const struct call *call, const struct worker *worker)
{
    return !gate_takes_rooms(worker) || count_legs(call, worker) >= call->signaling->room_share;
}

bool spread_has(const struct call *call, const struct worker *worker)
{
    return g_ptr_array_find(call->satellites, worker, NULL);
}

static void open_room(struct call *call, struct worker *worker)
{
    g_ptr_array_add(call->satellites, worker);
    worker->rooms++;
    g_message("spread room=%s worker=%d", call->id, worker->number);
    media_link_tell(worker->link, "room.open", json_pack("{s:s, s:{s:b}}", "room", call->id, "app", "satellite", 1));
}

struct worker *spread_place(struct call *call, bool publishes)
{
    struct worker *home = call->worker;
    if (publishes || !is_full(call, home))
        return home;
    for (guint i = 0; i < call->satellites->len; i++)
        if (!is_full(call, g_ptr_array_index(call->satellites, i)))
            return g_ptr_array_index(call->satellites, i);
    struct worker *other = worker_choose_beside(call);
    if (!other || is_full(call, other))
        return home; /* all are: the room's own worker at least needs no relay */
    open_room(call, other);
    return other;
}

bool spread_must_move(const struct leg *leg, bool publishes)
{
    return publishes && leg->opened && leg->worker != leg->participant->call->worker;
}

/* ---- carrying on ---- */

static void send_end(struct worker *worker, const json_t *fields, int fd)
{
    media_link_request(worker->link, "relay.open", json_deep_copy(fields), fd, (struct media_answer){0});
    close(fd);
}

static struct relay *open_relay(struct leg *leg, struct worker *worker)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0) {
        g_warning("spread room=%s no relay: %s", leg->participant->call->id, g_strerror(errno));
        return NULL;
    }
    struct relay *relay = relay_new(leg, NULL, worker->number);
    json_t *fields = json_pack("{s:s, s:s, s:{s:s, s:i}}", "room", leg->participant->call->id, "relay", relay->id,
                               "app", "leg", leg->id, "worker", worker->number);
    send_end(leg->worker, fields, ends[0]);
    send_end(worker, fields, ends[1]);
    json_decref(fields);
    return relay;
}

static bool has_rtx(const struct track *track)
{
    size_t i;
    json_t *codec;
    json_array_foreach(track->codecs, i,
                       codec) if (json_integer_value(json_object_get(codec, "rtx_pt")) > 0) return true;
    return false;
}

static void assign(const struct leg *leg, const char *slot, const char *track, struct size size)
{
    leg_media(leg, "slot.assign",
              json_pack("{s:s, s:s, s:i, s:i, s:i}", "slot", slot, "track", track, "priority", 3, "max_width",
                        size.width, "max_height", size.height));
}

static void set_size(const struct leg *leg, struct carried *carried, const char *track, struct size size)
{
    if (size.width == carried->size.width && size.height == carried->size.height)
        return;
    carried->size = size;
    for (guint i = 0; i < carried->slots->len; i++)
        assign(leg, g_ptr_array_index(carried->slots, i), track, size);
}

/* The slot at the room's own worker that feeds one layer. The result is the layer as the other worker expects it. */
static json_t *carry_layer(const struct track *track, const struct relay *relay, unsigned layer, const char *slot)
{
    uint32_t ssrc = 256 + g_random_int_range(0, INT32_MAX), rtx = has_rtx(track) ? ssrc + 1 : 0;
    json_t *fields = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:i, s:O, s:{s:i, s:i}}", "transport", relay->id, "slot",
                               slot, "kind", track->video ? "video" : "audio", "mid", "", "ssrc", (json_int_t)ssrc,
                               "rtx_ssrc", (json_int_t)rtx, "layer", (int)layer, "codecs", track->codecs, "ext",
                               "level", LEVEL_EXT, "dependency_descriptor", DEPENDENCY_EXT);
    media_link_tell(track->leg->worker->link, "slot.open", fields);
    return json_pack("{s:I, s:I}", "ssrc", (json_int_t)ssrc, "rtx", (json_int_t)rtx);
}

static void carry_track(const struct track *track, struct relay *relay, struct worker *worker)
{
    const struct carried *carried = g_hash_table_lookup(relay->tracks, track->id);
    json_t *ssrcs = json_array();
    for (unsigned layer = 0; layer < track->layers; layer++) {
        char slot[ID_SIZE];
        core_new_id(slot);
        g_ptr_array_add(carried->slots, g_strdup(slot));
        json_array_append_new(ssrcs, carry_layer(track, relay, layer, slot));
    }
    media_link_tell(worker->link, "track.open",
                    json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:o, s:{s:i, s:i}}", "transport", relay->id, "track",
                              track->id, "kind", track->video ? "video" : "audio", "mid", "", "source", track->source,
                              "codecs", track->codecs, "ssrcs", ssrcs, "ext", "level", LEVEL_EXT,
                              "dependency_descriptor", DEPENDENCY_EXT));
}

void spread_carry(const struct slot *slot)
{
    struct track *track = slot->track;
    struct leg *leg = track->leg;
    struct worker *worker = slot->leg->worker;
    if (!worker || !leg->worker || leg->worker == worker || !track->codecs)
        return;
    struct relay *relay = relay_to(leg, worker->number);
    if (!relay)
        relay = open_relay(leg, worker);
    if (!relay)
        return;
    struct carried *carried = g_hash_table_lookup(relay->tracks, track->id);
    if (!carried) {
        carried = carried_new(relay, track->id);
        carry_track(track, relay, worker);
    }
    set_size(leg, carried, track->id, larger_of(carried->size, slot));
}

/* No more of it to that worker. The caller takes it out of the relay's table. */
static void close_carried(const struct leg *leg, const struct relay *relay, const char *track)
{
    const struct carried *carried = g_hash_table_lookup(relay->tracks, track);
    struct worker *worker = worker_find(signaling_of(leg), relay->worker);
    for (guint i = 0; i < carried->slots->len; i++)
        leg_media(leg, "slot.close", json_pack("{s:s}", "slot", g_ptr_array_index(carried->slots, i)));
    if (worker)
        media_link_tell(worker->link, "track.close", json_pack("{s:s}", "track", track));
}

void spread_track_closed(const struct track *track)
{
    const struct leg *leg = track->leg;
    for (guint i = 0; leg->relays && i < leg->relays->len; i++) {
        const struct relay *relay = g_ptr_array_index(leg->relays, i);
        if (!g_hash_table_contains(relay->tracks, track->id))
            continue;
        close_carried(leg, relay, track->id);
        g_hash_table_remove(relay->tracks, track->id);
    }
}

void spread_leg_closed(struct leg *leg)
{
    struct signaling *signaling = signaling_of(leg);
    for (guint i = 0; leg->relays && i < leg->relays->len; i++) {
        const struct relay *relay = g_ptr_array_index(leg->relays, i);
        struct worker *worker = worker_find(signaling, relay->worker);
        leg_media(leg, "relay.close", json_pack("{s:s}", "relay", relay->id));
        if (worker)
            media_link_tell(worker->link, "relay.close", json_pack("{s:s}", "relay", relay->id));
    }
    g_clear_pointer(&leg->relays, g_ptr_array_unref);
}

/* ---- no more than is watched ---- */

static void note_watched(GHashTable *watched, const struct slot *slot)
{
    struct size *size = g_hash_table_lookup(watched, slot->track);
    if (!slot->track)
        return;
    if (!size) {
        size = g_new(struct size, 1);
        *size = NOBODYS;
        g_hash_table_insert(watched, slot->track, size);
    }
    *size = larger_of(*size, slot);
}

/* What those who live there have in their slots: struct track → the size of the largest. */
static GHashTable *watched_at(const struct call *call, const struct worker *worker)
{
    GHashTable *watched = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *viewer = g_ptr_array_index(call->participants, i);
        for (guint l = 0; l < viewer->legs->len; l++) {
            const struct leg *leg = g_ptr_array_index(viewer->legs, l);
            for (guint s = 0; leg->worker == worker && s < leg->slots->len; s++)
                note_watched(watched, g_ptr_array_index(leg->slots, s));
        }
    }
    return watched;
}

static void drop_unwatched(struct leg *leg, struct relay *relay, GHashTable *watched, int64_t now_s)
{
    GHashTableIter iter;
    gpointer id, value;
    g_hash_table_iter_init(&iter, relay->tracks);
    while (g_hash_table_iter_next(&iter, &id, &value)) {
        struct carried *carried = value;
        const struct track *track = g_hash_table_lookup(signaling_of(leg)->tracks, id);
        const struct size *size = track ? g_hash_table_lookup(watched, track) : NULL;
        if (size) {
            carried->unwatched_since_s = 0;
            set_size(leg, carried, id, *size);
        } else if (carried->unwatched_since_s == 0) {
            carried->unwatched_since_s = now_s;
        } else if (now_s - carried->unwatched_since_s >= UNWATCHED_S) {
            close_carried(leg, relay, id);
            g_hash_table_iter_remove(&iter);
        }
    }
}

static void look_at(struct call *call, const struct worker *worker, int64_t now_s)
{
    GHashTable *watched = watched_at(call, worker);
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        for (guint l = 0; l < participant->legs->len; l++) {
            struct leg *leg = g_ptr_array_index(participant->legs, l);
            struct relay *relay = relay_to(leg, worker->number);
            if (relay)
                drop_unwatched(leg, relay, watched, now_s);
        }
    }
    g_hash_table_destroy(watched);
}

void spread_tick(struct call *call, int64_t now_s)
{
    for (guint i = 0; now_s % LOOK_EVERY_S == 0 && i < call->satellites->len; i++)
        look_at(call, g_ptr_array_index(call->satellites, i), now_s);
}

unsigned spread_carried(const struct signaling *signaling)
{
    unsigned count = 0;
    GHashTableIter iter;
    gpointer relay;
    g_hash_table_iter_init(&iter, signaling->relays);
    while (g_hash_table_iter_next(&iter, NULL, &relay))
        count += g_hash_table_size(((const struct relay *)relay)->tracks);
    return count;
}

/* ---- its end ---- */

void spread_end(struct call *call, const char *reason)
{
    while (call->satellites->len) {
        struct worker *worker = g_ptr_array_index(call->satellites, 0);
        media_link_tell(worker->link, "room.close", json_pack("{s:s, s:s}", "room", call->id, "reason", reason));
        worker->rooms--;
        g_ptr_array_remove_index(call->satellites, 0);
    }
}

static void forget_relays(struct call *call, int worker)
{
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        for (guint l = 0; l < participant->legs->len; l++) {
            struct leg *leg = g_ptr_array_index(participant->legs, l);
            struct relay *relay = relay_to(leg, worker);
            if (relay)
                g_ptr_array_remove(leg->relays, relay); /* the room's own worker sees its end close */
        }
    }
}

void spread_worker_lost(struct call *call, struct worker *worker)
{
    if (!g_ptr_array_remove(call->satellites, worker))
        return;
    forget_relays(call, worker->number);
    for (guint i = 0; i < call->participants->len; i++)
        call_lose_legs(g_ptr_array_index(call->participants, i), worker);
}

/* ---- after a restart ---- */

void spread_restore_room(struct call *call, struct worker *worker)
{
    if (spread_has(call, worker))
        return;
    g_ptr_array_add(call->satellites, worker);
    worker->rooms++;
    call->restored = true;
}

void spread_restore_relay(struct leg *leg, const json_t *item)
{
    const char *id = json_string_value(json_object_get(item, "relay"));
    int worker = (int)json_integer_value(json_object_get(json_object_get(item, "app"), "worker"));
    if (id && protocol_is_name(id) && !relay_to(leg, worker))
        relay_new(leg, id, worker);
}

void spread_restore_slot(struct worker *worker, const json_t *item)
{
    const char *transport = json_string_value(json_object_get(item, "transport"));
    const char *slot = json_string_value(json_object_get(item, "slot"));
    const char *track = json_string_value(json_object_get(item, "track"));
    struct relay *relay = transport ? g_hash_table_lookup(worker->signaling->relays, transport) : NULL;
    if (!relay || !slot || !track)
        return;
    struct carried *carried = g_hash_table_lookup(relay->tracks, track);
    if (!carried)
        carried = carried_new(relay, track);
    g_ptr_array_add(carried->slots, g_strdup(slot));
}

void spread_relay_closed(struct signaling *signaling, const char *id)
{
    struct relay *relay = g_hash_table_lookup(signaling->relays, id);
    if (relay)
        g_ptr_array_remove(relay->leg->relays, relay);
}
