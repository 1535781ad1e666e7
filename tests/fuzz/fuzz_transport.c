/*
 * Two participants whose media and checks come from any of a few paths, in any order, copied, damaged and late; they share
 * one SSRC. Whatever comes, each packet is delivered once at most, whole and to its own; what we send goes to no path on which
 * only strangers spoke, to one that nobody has proven no longer than selection.h says, and to none while the chosen one is heard.
 */
#include <stdlib.h>
#include <string.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include "media/log.h"
#include "media/srtp.h"
#include "media/transport_private.h"
#include "media/wire.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
uint64_t __wrap_loop_now_us(const struct loop *loop);

enum { PEERS = 2, PATHS = 6, SSRCS = 2, SHARED_SSRC = 7, STEP = 4, STEPS_MAX = 400, KEPT = 16, ROOM = 256 };
enum {
    HEADER = 12,
    PLAIN = 40,
    SERIAL_AT = 16,
    TICK_US = 500 * 1000,
    QUIET_US = 2 * 1000 * 1000,
    SERIALS_MAX = STEPS_MAX
};

struct sealed {
    uint8_t bytes[ROOM];
    size_t size;
    uint32_t serial;
};

struct peer {
    struct transport *transport;
    struct srtp_link *link; /* the far end's */
    uint16_t sequences[SSRCS];
    bool known[SSRCS]; /* a packet of it was delivered */
    struct sealed kept[KEPT];
    unsigned kept_count;
    bool proven[PATHS], genuine[PATHS]; /* a check, a packet of theirs came from there */
    uint64_t heard_us[PATHS], repeated_us, forged_us;
    struct {
        uint8_t bytes[ROOM];
        size_t size;
        uint64_t at_us;
        bool bound; /* nothing had proven its path before */
    } check;        /* the last that was taken */
    int selected;   /* when it was looked at last */
    uint64_t follow_until_us, follow_again_us;
};

static struct scene {
    struct loop *loop;
    struct transport_set *set;
    StunAgent stun;
    uint64_t now_us;
    struct peer peers[PEERS];
    int owner[PATHS]; /* whose check came from there last; -1: nobody's */
    uint8_t plain[SERIALS_MAX][PLAIN];
    bool delivered[SERIALS_MAX];
    uint32_t serial;
} scene;

uint64_t __wrap_loop_now_us(const struct loop *loop)
{
    (void)loop;
    return scene.now_us;
}

static void expect(bool held)
{
    if (!held)
        abort();
}

static void ignore_state(void *arg, struct transport *transport, const char *reason)
{
    (void)arg, (void)transport, (void)reason;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    log_set_level("error");
    expect(loop_create(&scene.loop) == 0);
    const struct transport_set_config config = {.loop = scene.loop, .state_fn = ignore_state};
    expect(transport_set_create(&config, &scene.set) == 0);
    stun_agent_init(&scene.stun, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    return 0;
}

/* Of this machine and with nobody there, so that answers leave no trace. */
static struct path path_of(int at)
{
    struct path path = {.remote_port = (uint16_t)(1 + at)};
    expect(path_parse_ip("127.0.0.1", &path.remote) == 0);
    return path;
}

/* ---- what is delivered ---- */

static void take(void *arg, uint8_t *packet, size_t size, uint64_t arrival_us)
{
    (void)arrival_us;
    expect(size == PLAIN);
    uint32_t serial = wire_get32(packet + SERIAL_AT);
    expect(serial < scene.serial && !scene.delivered[serial]);
    expect(memcmp(packet, scene.plain[serial], PLAIN) == 0);
    expect(packet[SERIAL_AT + 4] == (uint8_t)((struct peer *)arg - scene.peers));
    scene.delivered[serial] = true;
}

/* ---- where it is sent to ---- */

static int selected_of(const struct peer *peer)
{
    const struct path *selected = ice_selected(peer->transport->ice);
    return selected ? selected->remote_port - 1 : -1;
}

static void begins_to_follow(struct peer *peer)
{
    expect(peer->selected >= 0 && scene.now_us >= peer->follow_again_us);
    expect(peer->heard_us[peer->selected] + SELECTION_FOLLOW_QUIET_US < scene.now_us);
    expect(peer->repeated_us + SELECTION_FOLLOW_QUIET_US < scene.now_us);
    peer->follow_until_us = scene.now_us + SELECTION_FOLLOW_US + TICK_US;
}

static void look_at(struct peer *peer)
{
    int selected = selected_of(peer), before = peer->selected;
    bool followed = before >= 0 && !peer->proven[before];
    if (selected >= 0 && !peer->proven[selected]) {
        expect(peer->genuine[selected]);
        if (!followed)
            begins_to_follow(peer);
        expect(scene.now_us <= peer->follow_until_us);
    } else if (followed) {
        peer->follow_again_us = scene.now_us + SELECTION_FOLLOW_AGAIN_US;
    }
    peer->selected = selected;
}

static void look(void)
{
    for (int i = 0; i < PEERS; i++)
        look_at(&scene.peers[i]);
}

/* ---- media ---- */

static void come(const uint8_t *bytes, size_t size, int at)
{
    uint8_t packet[ROOM];
    const struct path path = path_of(at);
    memcpy(packet, bytes, size);
    transport_set_input(scene.set, &path, packet, size, scene.now_us);
}

static void fill(uint8_t *plain, struct peer *peer, bool rtp, int which)
{
    uint16_t sequence = peer->sequences[which];
    memset(plain, 0, PLAIN);
    plain[0] = 0x80;
    plain[1] = rtp ? 111 : 204;
    wire_put16(plain + 2, rtp ? sequence : PLAIN / 4 - 1);
    wire_put32(plain + (rtp ? 8 : 4), which ? SHARED_SSRC : 100 + (uint32_t)(peer - scene.peers));
    wire_put32(plain + SERIAL_AT, scene.serial);
    plain[SERIAL_AT + 4] = (uint8_t)(peer - scene.peers);
}

static const struct sealed *seal(struct peer *peer, bool rtp, int which)
{
    uint8_t *plain = scene.plain[scene.serial];
    struct sealed *sealed = &peer->kept[peer->kept_count++ % KEPT];
    fill(plain, peer, rtp, which);
    *sealed = (struct sealed){.size = PLAIN, .serial = scene.serial++};
    if (rtp) {
        struct srtp_sender *sender = srtp_link_sender(peer->link);
        sealed->size += srtp_sender_overhead(sender);
        expect(srtp_sender_protect(sender, plain, HEADER, plain + HEADER, PLAIN - HEADER, sealed->bytes) == 0);
    } else {
        memcpy(sealed->bytes, plain, PLAIN);
        expect(srtp_link_seal_rtcp(peer->link, sealed->bytes, &sealed->size) == 0);
    }
    return sealed;
}

/* Strangers' packets that carry an SSRC cost whoever has it some of what it may open. */
static void count_forged(void)
{
    for (int i = 0; i < PEERS; i++)
        scene.peers[i].forged_us = scene.now_us;
}

static bool must_be_taken(const struct peer *peer, int at, int which)
{
    if (!transport_is_connected(peer->transport))
        return false;
    if (scene.owner[at] >= 0)
        return &scene.peers[scene.owner[at]] == peer;
    return peer->known[which] && peer->forged_us + QUIET_US < scene.now_us;
}

static void was_taken(struct peer *peer, int at)
{
    peer->genuine[at] = true;
    look();
    peer->heard_us[at] = scene.now_us;
}

/* A gap is a packet that was lost, or comes later. */
static void say(struct peer *peer, bool rtp, int at, int which, bool late)
{
    peer->sequences[which]++;
    const struct sealed *sealed = seal(peer, rtp, which);
    if (late)
        return;
    bool must = must_be_taken(peer, at, which);
    come(sealed->bytes, sealed->size, at);
    bool taken = scene.delivered[sealed->serial];
    expect(taken || !must);
    if (!taken) {
        count_forged();
        return;
    }
    peer->known[which] = true;
    was_taken(peer, at);
}

static const struct sealed *kept(const struct peer *peer, uint8_t which)
{
    unsigned count = peer->kept_count < KEPT ? peer->kept_count : KEPT;
    return count ? &peer->kept[which % count] : NULL;
}

static void come_again(struct peer *peer, int at, uint8_t which)
{
    const struct sealed *sealed = kept(peer, which);
    if (!sealed)
        return;
    bool before = scene.delivered[sealed->serial];
    come(sealed->bytes, sealed->size, at);
    count_forged();
    if (!before && scene.delivered[sealed->serial])
        was_taken(peer, at);
    else if (before && at == peer->selected && scene.owner[at] == peer - scene.peers &&
             transport_is_connected(peer->transport))
        peer->repeated_us = scene.now_us;
}

static void damage(struct peer *peer, int at, uint8_t which, uint8_t where)
{
    uint8_t bytes[ROOM];
    const struct sealed *sealed = kept(peer, which);
    if (!sealed)
        return;
    memcpy(bytes, sealed->bytes, sealed->size);
    bytes[where % sealed->size] ^= (uint8_t)(1 + (where >> 5));
    bool before = scene.delivered[sealed->serial];
    come(bytes, sealed->size, at);
    expect(scene.delivered[sealed->serial] == before);
    count_forged();
}

/* ---- checks ---- */

struct search {
    struct path path;
    bool found;
};

static void search_path(void *arg, const struct path *path)
{
    struct search *search = arg;
    search->found = search->found || path_equal(&search->path, path);
}

static bool is_proven(const struct peer *peer, int at)
{
    struct search search = {.path = path_of(at)};
    ice_each(peer->transport->ice, search_path, &search);
    return search.found;
}

static size_t build_check(const struct peer *peer, bool use_candidate, bool forged, uint8_t *packet)
{
    StunMessage message;
    char username[64];
    const struct ice_credentials *to = transport_credentials(peer->transport);
    const char *pwd = forged ? "wrongwrongwrongwrongwrong" : to->pwd;
    int length = snprintf(username, sizeof username, "%s:abcd", to->ufrag);
    size_t size = stun_usage_ice_conncheck_create(&scene.stun, &message, packet, ROOM, (uint8_t *)username,
                                                  (size_t)length, (const uint8_t *)pwd, strlen(pwd), use_candidate,
                                                  true, 1000, 77, NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    StunTransactionId id;
    stun_message_id(&message, id);
    stun_agent_forget_transaction(&scene.stun, id);
    return size;
}

static void was_checked(struct peer *peer, int at)
{
    peer->proven[at] = true;
    peer->heard_us[at] = scene.now_us;
    scene.owner[at] = (int)(peer - scene.peers);
}

static void check(struct peer *peer, int at, bool use_candidate, bool forged)
{
    uint8_t packet[ROOM];
    size_t size = build_check(peer, use_candidate, forged, packet);
    bool before = peer->proven[at], must = before || peer->forged_us + QUIET_US < scene.now_us;
    come(packet, size, at);
    if (forged)
        count_forged();
    bool after = is_proven(peer, at);
    expect(after ? before || !forged : forged || !must);
    if (forged || !after)
        return;
    was_checked(peer, at);
    memcpy(peer->check.bytes, packet, size);
    peer->check.size = size;
    peer->check.at_us = scene.now_us;
    peer->check.bound = !before;
}

/* Said again by whoever listened in. */
static void copy_check(struct peer *peer, int at)
{
    bool before = peer->proven[at];
    come(peer->check.bytes, peer->check.size, at);
    if (!is_proven(peer, at))
        return;
    expect(before || (peer->check.bound && scene.now_us <= peer->check.at_us + ICE_RACE_US));
    was_checked(peer, at);
}

/* ---- a story ---- */

static void pass(uint64_t time_us)
{
    while (time_us) {
        uint64_t part = time_us < TICK_US ? time_us : TICK_US;
        scene.now_us += part;
        time_us -= part;
        for (int i = 0; i < PEERS; i++)
            scene.peers[i].transport->timer.fn(scene.peers[i].transport, scene.now_us);
        look();
    }
}

static void step(const uint8_t *data)
{
    struct peer *peer = &scene.peers[data[1] & 1];
    int at = (data[1] >> 1) % PATHS, which = data[1] >> 7;
    switch (data[0] % 8) {
    case 0:
    case 1:
    case 2:
        say(peer, data[0] % 8 != 2, at, which, data[2] & 1);
        break;
    case 3:
        come_again(peer, at, data[2]);
        break;
    case 4:
        if (data[2] & 4)
            copy_check(peer, at);
        else
            check(peer, at, data[2] & 1, data[2] & 2);
        break;
    case 5:
        damage(peer, at, data[2], data[3]);
        break;
    case 6:
        pass(wire_get16(data + 2));
        break;
    default:
        pass((uint64_t)wire_get16(data + 2) * 100);
        break;
    }
    look();
}

static void open_peer(struct peer *peer, int number)
{
    struct srtp_keys keys = {.suite = number ? SRTP_SUITE_CM_SHA1_80 : SRTP_SUITE_GCM_128}, mirrored = keys;
    memset(keys.local, 1 + number, sizeof keys.local);
    memset(keys.remote, 11 + number, sizeof keys.remote);
    memcpy(mirrored.local, keys.remote, sizeof keys.remote);
    memcpy(mirrored.remote, keys.local, sizeof keys.local);
    *peer = (struct peer){.selected = -1};
    expect(transport_open(scene.set, number ? "b" : "a", "r", NULL, &peer->transport) == 0);
    expect(srtp_link_create(&mirrored, &peer->link) == 0 && transport_take_keys(peer->transport, &keys) == 0);
    const struct transport_handler handler = {.rtp_fn = take, .rtcp_fn = take, .arg = peer};
    transport_set_handler(peer->transport, &handler);
    peer->transport->state = TRANSPORT_CONNECTED; /* as after DTLS */
    check(peer, number, true, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scene.now_us += 100 * (uint64_t)1000000;
    scene.serial = 0;
    memset(scene.delivered, 0, sizeof scene.delivered);
    for (int i = 0; i < PATHS; i++)
        scene.owner[i] = -1;
    for (int i = 0; i < PEERS; i++)
        open_peer(&scene.peers[i], i);
    look();
    for (size_t at = 0, steps = 0; steps < STEPS_MAX && at + STEP <= size; steps++, at += STEP)
        step(data + at);
    for (int i = 0; i < PEERS; i++) {
        transport_close(scene.peers[i].transport, "end");
        srtp_link_destroy(scene.peers[i].link);
    }
    loop_settle(scene.loop);
    return 0;
}
