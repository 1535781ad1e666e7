#include "media/transport_set.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include "media/loop.h"
#include "media/transport_private.h"
#include "media/wire.h"

/* A worker's transports with nobody behind and nobody in front of them. */
struct scene {
    struct loop *loop;
    struct transport_set *set;
    int opened, closed, refuse;
    char last_state[32], last_reason[32];
};

static void note_state(void *arg, struct transport *transport, const char *reason)
{
    struct scene *scene = arg;
    snprintf(scene->last_state, sizeof scene->last_state, "%s", transport_state_name(transport_state(transport)));
    snprintf(scene->last_reason, sizeof scene->last_reason, "%s", reason);
}

static int note_open(void *arg, struct transport *transport, const char *room)
{
    struct scene *scene = arg;
    assert_string_equal(room, transport_room(transport));
    scene->opened += scene->refuse == 0;
    return scene->refuse;
}

static void note_close(void *arg, struct transport *transport, const char *reason)
{
    (void)transport;
    (void)reason;
    ((struct scene *)arg)->closed++;
}

static int open_scene(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_int_equal(loop_create(&scene->loop), 0);
    struct transport_set_config config = {.loop = scene->loop, .state_fn = note_state, .arg = scene};
    assert_int_equal(transport_set_create(&config, &scene->set), 0);
    struct transport_hooks hooks = {.open_fn = note_open, .close_fn = note_close, .arg = scene};
    transport_set_hooks(scene->set, &hooks);
    *state = scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    transport_set_destroy(scene->set);
    loop_destroy(scene->loop);
    free(scene);
    return 0;
}

static void test_transport_states_move_only_as_allowed(void **state)
{
    (void)state;
    static const char *const table[] = {
        /* from: checking connecting connected disconnected failed closed */
        [TRANSPORT_CHECKING] = ".x..xx",     [TRANSPORT_CONNECTING] = "..x.xx", [TRANSPORT_CONNECTED] = "...xxx",
        [TRANSPORT_DISCONNECTED] = "..x.xx", [TRANSPORT_FAILED] = "..x..x",     [TRANSPORT_CLOSED] = "......",
    };
    for (int from = 0; from <= TRANSPORT_CLOSED; from++)
        for (int to = 0; to <= TRANSPORT_CLOSED; to++)
            assert_int_equal(transport_state_allows((enum transport_state)from, (enum transport_state)to),
                             table[from][to] == 'x');
}

static void test_transport_opens_closes_and_is_found(void **state)
{
    struct scene *scene = *state;
    struct transport *transport = NULL, *again = NULL;
    assert_int_equal(transport_open(scene->set, "t", "r", NULL, &transport), 0);
    assert_ptr_equal(transport_find(scene->set, "t"), transport);
    assert_int_equal(transport_open(scene->set, "t", "r", NULL, &again), -EEXIST);
    assert_int_equal(transport_state(transport), TRANSPORT_CHECKING);
    int family;
    assert_null(transport_path(transport, &family));
    transport_close(transport, "left");
    transport_close(transport, "left");
    assert_null(transport_find(scene->set, "t"));
    assert_int_equal(scene->opened, 1);
    assert_int_equal(scene->closed, 1);
    assert_string_equal(scene->last_state, "closed");
    assert_string_equal(scene->last_reason, "left");
    assert_int_equal(transport_set_count(scene->set), 0);
    loop_settle(scene->loop);
}

static void test_transport_refused_by_the_routing_side_is_gone(void **state)
{
    struct scene *scene = *state;
    struct transport *transport = NULL;
    scene->refuse = -ENOENT;
    assert_int_equal(transport_open(scene->set, "t", "r", NULL, &transport), -ENOENT);
    assert_null(transport_find(scene->set, "t"));
    assert_int_equal(scene->closed, 0);
    assert_int_equal(transport_set_count(scene->set), 0);
}

static void test_transport_sends_nothing_before_it_is_connected(void **state)
{
    struct scene *scene = *state;
    struct transport *transport = NULL;
    uint8_t packet[128] = {0x80, 96};
    assert_int_equal(transport_open(scene->set, "t", "r", NULL, &transport), 0);
    assert_int_equal(transport_send_rtp(transport, packet, 12, packet + 12, 20), -ENOTCONN);
    assert_int_equal(transport_send_rtcp(transport, packet, 8), -ENOTCONN);
    assert_false(transport_is_connected(transport));
    assert_false(transport_is_stream(transport));
}

static void test_transport_restart_changes_credentials(void **state)
{
    struct scene *scene = *state;
    struct transport *transport = NULL;
    assert_int_equal(transport_open(scene->set, "t", "r", NULL, &transport), 0);
    for (int i = 0; i < 5; i++) {
        struct ice_credentials old = *transport_credentials(transport);
        assert_int_equal(transport_restart(transport), 0);
        assert_string_not_equal(transport_credentials(transport)->ufrag, old.ufrag);
        assert_string_not_equal(transport_credentials(transport)->pwd, old.pwd);
    }
}

/* A check of the peer's, as an agent with nothing but this in mind sends it. */
static void check(struct scene *scene, struct transport *transport, const struct path *from)
{
    StunAgent agent;
    StunMessage message;
    uint8_t packet[1024];
    char username[64];
    const struct ice_credentials *to = transport_credentials(transport);
    int size = snprintf(username, sizeof username, "%s:abcd", to->ufrag);
    stun_agent_init(&agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    size_t length = stun_usage_ice_conncheck_create(&agent, &message, packet, sizeof packet, (uint8_t *)username,
                                                    (size_t)size, (const uint8_t *)to->pwd, strlen(to->pwd), true, true,
                                                    1000, 77, NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    assert_true(length > 0);
    transport_set_input(scene->set, from, packet, length, loop_now_us(scene->loop));
}

/* Two behind one NAT, which gives a port to one, to the other, and back: what came by it was nobody's from then on. */
static void test_transport_a_path_that_was_anothers_in_between_is_its_own_again(void **state)
{
    struct scene *scene = *state;
    struct transport *one = NULL, *two = NULL;
    struct path path = {.remote_port = 9};
    assert_int_equal(path_parse_ip("127.0.0.1", &path.remote), 0);
    assert_int_equal(transport_open(scene->set, "one", "r", NULL, &one), 0);
    assert_int_equal(transport_open(scene->set, "two", "r", NULL, &two), 0);
    struct transport *order[] = {one, two, one};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        check(scene, order[i], &path);
        assert_ptr_equal(demux_find_path(scene->set->demux, &path), order[i]);
    }
}

enum { SSRC = 4711, RTP_SIZE = 40 };

/* A peer whose SRTP is up, and which sends from wherever it likes. */
struct sender {
    struct transport *transport;
    struct srtp_link *link;
    uint16_t sequence;
};

static struct sender open_sender(struct scene *scene, const char *name, uint8_t seed)
{
    struct sender sender = {0};
    struct srtp_keys keys = {.suite = SRTP_SUITE_GCM_128}, mirrored;
    memset(keys.local, seed, sizeof keys.local);
    memset(keys.remote, seed + 1, sizeof keys.remote);
    mirrored = keys;
    memcpy(mirrored.local, keys.remote, sizeof keys.remote);
    memcpy(mirrored.remote, keys.local, sizeof keys.local);
    assert_int_equal(transport_open(scene->set, name, "r", NULL, &sender.transport), 0);
    assert_int_equal(transport_take_keys(sender.transport, &keys), 0);
    assert_int_equal(srtp_link_create(&mirrored, &sender.link), 0);
    sender.transport->state = TRANSPORT_CONNECTED; /* as after DTLS */
    return sender;
}

static void send_sound(struct scene *scene, struct sender *sender, const struct path *from)
{
    uint8_t header[12] = {0x80, 111}, payload[RTP_SIZE - 12] = {0}, packet[RTP_SIZE + 64];
    struct srtp_sender *srtp = srtp_link_sender(sender->link);
    wire_put16(header + 2, sender->sequence++);
    wire_put32(header + 8, SSRC);
    assert_int_equal(srtp_sender_protect(srtp, header, sizeof header, payload, sizeof payload, packet), 0);
    transport_set_input(scene->set, from, packet, RTP_SIZE + srtp_sender_overhead(srtp), loop_now_us(scene->loop));
}

/* What looked forged to the one was the other's: whose address changed used up what both may try. */
static void test_transport_media_of_one_are_not_forged_to_another_with_its_ssrc(void **state)
{
    struct scene *scene = *state;
    struct path home = {.remote_port = 9}, fresh;
    assert_int_equal(path_parse_ip("127.0.0.1", &home.remote), 0);
    fresh = (struct path){.remote = home.remote, .remote_port = 100};
    struct sender senders[] = {open_sender(scene, "one", 1), open_sender(scene, "two", 11)};
    for (size_t i = 0; i < 2; i++) {
        check(scene, senders[i].transport, &home);
        send_sound(scene, &senders[i], &home);
    }
    for (size_t i = 0; i < 2; i++, fresh.remote_port++)
        for (int packets = 0; packets < 2 * ICE_FORGED_PER_S; packets++)
            send_sound(scene, &senders[i], &fresh);
    for (size_t i = 0; i < 2; i++) {
        struct transport_stats stats;
        transport_stats(senders[i].transport, &stats);
        assert_int_equal(stats.rx_packets, 1 + 2 * ICE_FORGED_PER_S);
        assert_true(ice_may_open(senders[i].transport->ice, &fresh, loop_now_us(scene->loop)));
        srtp_link_destroy(senders[i].link);
    }
}

static void test_transport_keeps_what_it_was_opened_with(void **state)
{
    struct scene *scene = *state;
    struct transport *transport = NULL;
    json_t *app = json_pack("{s:i}", "n", 7);
    assert_int_equal(transport_open(scene->set, "t", "r", app, &transport), 0);
    json_decref(app);
    assert_int_equal(json_integer_value(json_object_get(transport_app(transport), "n")), 7);
    struct transport_remote remote = {.ufrag = "abcd", .fingerprint_count = 1};
    assert_int_equal(dtls_fingerprint_parse("sha-256", transport_set_fingerprint(scene->set), &remote.fingerprints[0]),
                     0);
    assert_int_equal(transport_set_remote(transport, &remote), 0);
    assert_string_equal(transport_remote_ufrag(transport), "abcd");
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transport_states_move_only_as_allowed),
        WITH_SCENE(test_transport_opens_closes_and_is_found),
        WITH_SCENE(test_transport_refused_by_the_routing_side_is_gone),
        WITH_SCENE(test_transport_sends_nothing_before_it_is_connected),
        WITH_SCENE(test_transport_restart_changes_credentials),
        WITH_SCENE(test_transport_a_path_that_was_anothers_in_between_is_its_own_again),
        WITH_SCENE(test_transport_media_of_one_are_not_forged_to_another_with_its_ssrc),
        WITH_SCENE(test_transport_keeps_what_it_was_opened_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
