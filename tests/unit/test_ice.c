#include "media/ice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

enum { SECOND = 1000 * 1000, ROOM = 1024 };

/* The full agent at the other end. */
struct peer {
    struct ice_agent *agent;
    struct ice *ice;
    StunAgent stun;
    uint64_t now_us;
    struct ice_result result;
};

static struct path path_from(const char *ip, uint16_t port)
{
    struct path path = {.remote_port = port};
    assert_int_equal(path_parse_ip(ip, &path.remote), 0);
    return path;
}

static int open_peer(void **state)
{
    struct peer *peer = calloc(1, sizeof *peer);
    assert_int_equal(ice_agent_create(&peer->agent), 0);
    assert_int_equal(ice_create(peer->agent, &peer->ice), 0);
    stun_agent_init(&peer->stun, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    peer->now_us = 100 * (uint64_t)SECOND;
    *state = peer;
    return 0;
}

static int close_peer(void **state)
{
    struct peer *peer = *state;
    ice_destroy(peer->ice);
    ice_agent_destroy(peer->agent);
    free(peer);
    return 0;
}

struct check {
    const struct ice_credentials *to;
    const char *pwd; /* NULL: the right one */
    bool use_candidate, controlled;
};

static size_t build(struct peer *peer, const struct check *check, uint8_t *packet)
{
    StunMessage message;
    char username[64];
    const char *pwd = check->pwd ? check->pwd : check->to->pwd;
    int size = snprintf(username, sizeof username, "%s:abcd", check->to->ufrag);
    size_t length = stun_usage_ice_conncheck_create(
        &peer->stun, &message, packet, ROOM, (const uint8_t *)username, (size_t)size, (const uint8_t *)pwd, strlen(pwd),
        check->use_candidate, !check->controlled, 1000, 77, NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    assert_true(length > 0);
    return length;
}

static enum ice_verdict send_check(struct peer *peer, const struct path *from, const struct check *check)
{
    uint8_t packet[ROOM];
    size_t size = build(peer, check, packet);
    ice_input(peer->ice, from, packet, size, peer->now_us, &peer->result);
    return peer->result.verdict;
}

static enum ice_verdict plain(struct peer *peer, const struct path *from)
{
    return send_check(peer, from, &(struct check){.to = ice_local(peer->ice)});
}

static enum ice_verdict nominate(struct peer *peer, const struct path *from)
{
    return send_check(peer, from, &(struct check){.to = ice_local(peer->ice), .use_candidate = true});
}

static bool selected_is(const struct peer *peer, const struct path *path)
{
    return ice_selected(peer->ice) && path_equal(ice_selected(peer->ice), path);
}

static void assert_reply_names(struct peer *peer, const char *ip, uint16_t port)
{
    StunMessage message;
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    struct path mapped = {0}, expected = path_from(ip, port);
    assert_int_equal(
        stun_agent_validate(&peer->stun, &message, peer->result.reply, peer->result.reply_size, NULL, NULL),
        STUN_VALIDATION_SUCCESS);
    assert_int_equal(stun_usage_ice_conncheck_process(&message, &address, &size, STUN_USAGE_ICE_COMPATIBILITY_RFC5245),
                     STUN_USAGE_ICE_RETURN_SUCCESS);
    path_set_remote(&mapped, (struct sockaddr *)&address);
    assert_true(path_equal(&mapped, &expected));
}

static void test_ice_answers_a_check_with_where_it_came_from(void **state)
{
    struct peer *peer = *state;
    struct path v4 = path_from("192.0.2.7", 4711), v6 = path_from("2001:db8::7", 4712);
    assert_int_equal(plain(peer, &v4), ICE_CHECKED);
    assert_true(peer->result.change.bound && peer->result.change.moved);
    assert_reply_names(peer, "192.0.2.7", 4711);
    assert_int_equal(plain(peer, &v6), ICE_CHECKED);
    assert_true(peer->result.change.bound && !peer->result.change.moved);
    assert_reply_names(peer, "2001:db8::7", 4712);
}

static void test_ice_binds_nothing_without_integrity(void **state)
{
    struct peer *peer = *state;
    struct path path = path_from("192.0.2.7", 4711);
    struct check wrong = {.to = ice_local(peer->ice), .pwd = "wrongwrongwrongwrongwrong", .use_candidate = true};
    assert_int_equal(send_check(peer, &path, &wrong), ICE_IGNORED);
    assert_int_equal(peer->result.reply_size, 0);
    assert_null(ice_selected(peer->ice));
    assert_int_equal(ice_tick(peer->ice, peer->now_us), ICE_NEW);
}

static void test_ice_ignores_every_truncation_and_every_flipped_bit(void **state)
{
    struct peer *peer = *state;
    struct path path = path_from("192.0.2.7", 4711);
    uint8_t packet[ROOM];
    size_t size = build(peer, &(struct check){.to = ice_local(peer->ice), .use_candidate = true}, packet);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *copy = malloc(cut + 1);
        memcpy(copy, packet, cut);
        ice_input(peer->ice, &path, copy, cut, peer->now_us, &peer->result);
        assert_int_equal(peer->result.verdict, ICE_IGNORED);
        free(copy);
    }
    for (size_t bit = 0; bit < 8 * size; bit++, peer->now_us += SECOND) {
        packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ice_input(peer->ice, &path, packet, size, peer->now_us, &peer->result);
        assert_int_equal(peer->result.verdict, ICE_IGNORED);
        packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ice_input(peer->ice, &path, packet, size, peer->now_us, &peer->result);
    assert_int_equal(peer->result.verdict, ICE_CHECKED);
}

static void test_ice_role_conflict_is_answered_487(void **state)
{
    struct peer *peer = *state;
    struct path path = path_from("192.0.2.7", 4711);
    struct check check = {.to = ice_local(peer->ice), .controlled = true};
    assert_int_equal(send_check(peer, &path, &check), ICE_REFUSED);
    assert_null(ice_selected(peer->ice));
    StunMessage message;
    int code = 0;
    assert_int_equal(
        stun_agent_validate(&peer->stun, &message, peer->result.reply, peer->result.reply_size, NULL, NULL),
        STUN_VALIDATION_SUCCESS);
    assert_int_equal(stun_message_find_error(&message, &code), STUN_MESSAGE_RETURN_SUCCESS);
    assert_int_equal(code, STUN_ERROR_ROLE_CONFLICT);
}

static void test_ice_use_candidate_moves_the_path(void **state)
{
    struct peer *peer = *state;
    struct path first = path_from("192.0.2.7", 1), second = path_from("192.0.2.8", 2);
    plain(peer, &first);
    assert_true(selected_is(peer, &first));
    nominate(peer, &second);
    assert_true(peer->result.change.moved && selected_is(peer, &second));
    nominate(peer, &first);
    assert_true(peer->result.change.moved && selected_is(peer, &first));
}

static void test_ice_rebinding_without_use_candidate_moves_when_the_old_path_is_silent(void **state)
{
    struct peer *peer = *state;
    struct path old = path_from("192.0.2.7", 1), fresh = path_from("192.0.2.7", 9);
    nominate(peer, &old);
    peer->now_us += 5 * (uint64_t)SECOND;
    ice_heard(peer->ice, &old, true, peer->now_us - 100000);
    plain(peer, &fresh);
    assert_true(!peer->result.change.moved && selected_is(peer, &old));
    peer->now_us += 2 * (uint64_t)SECOND;
    plain(peer, &fresh);
    assert_true(peer->result.change.moved && selected_is(peer, &fresh));
}

/* Firefox nominates whatever answers; what comes last is a relay, or TCP behind a full line. */
static void test_ice_a_late_nomination_does_not_take_media_from_their_path(void **state)
{
    struct peer *peer = *state;
    struct path best = path_from("192.0.2.7", 1), late = path_from("192.0.2.8", 2);
    nominate(peer, &best);
    assert_false(ice_heard(peer->ice, &best, true, peer->now_us));
    peer->now_us += SECOND / 10;
    nominate(peer, &late);
    assert_true(!peer->result.change.moved && selected_is(peer, &best));
    peer->now_us += 3 * (uint64_t)SECOND;
    ice_heard(peer->ice, &best, true, peer->now_us);
    nominate(peer, &late);
    assert_true(!peer->result.change.moved && selected_is(peer, &best));
    peer->now_us += SECOND;
    nominate(peer, &late);
    assert_true(peer->result.change.moved && selected_is(peer, &late));
}

static void test_ice_media_move_the_choice_to_the_nominated_path_they_come_by(void **state)
{
    struct peer *peer = *state;
    struct path old = path_from("192.0.2.7", 1), fresh = path_from("192.0.2.8", 2), other = path_from("192.0.2.9", 3);
    nominate(peer, &old);
    ice_heard(peer->ice, &old, true, peer->now_us);
    nominate(peer, &fresh);
    plain(peer, &other);
    assert_false(ice_heard(peer->ice, &fresh, true, peer->now_us + SECOND / 10));
    assert_false(ice_heard(peer->ice, &other, true, peer->now_us + SECOND / 2));
    assert_true(ice_heard(peer->ice, &fresh, true, peer->now_us + SECOND / 2));
    assert_true(selected_is(peer, &fresh));
    assert_false(ice_heard(peer->ice, &old, true, peer->now_us + SECOND / 2));
}

/* A pair in reserve, on TCP, is checked now and then; the path in use may be full. */
static void test_ice_a_check_in_reserve_moves_nothing_from_udp_to_tcp(void **state)
{
    struct peer *peer = *state;
    struct path udp = path_from("192.0.2.7", 1), tcp = path_from("192.0.2.7", 2);
    tcp.stream = (struct tcp_connection *)peer;
    nominate(peer, &udp);
    peer->now_us += 2 * (uint64_t)SECOND;
    plain(peer, &tcp);
    assert_true(!peer->result.change.moved && selected_is(peer, &udp));
    peer->now_us += 2 * (uint64_t)SECOND;
    nominate(peer, &tcp);
    assert_true(peer->result.change.moved && selected_is(peer, &tcp));
}

/* Firefox nominates TCP last, before any media: what was put into it filled a line of 64 kbit/s for fifteen seconds and more. */
static void test_ice_nominated_udp_is_not_left_for_tcp_unless_media_come_by_it(void **state)
{
    struct peer *peer = *state;
    struct path udp = path_from("192.0.2.7", 1), tcp = path_from("192.0.2.7", 2);
    tcp.stream = (struct tcp_connection *)peer;
    nominate(peer, &udp);
    peer->now_us += 2 * (uint64_t)SECOND;
    nominate(peer, &tcp);
    assert_true(!peer->result.change.moved && selected_is(peer, &udp));
    assert_true(ice_heard(peer->ice, &tcp, true, peer->now_us));
    assert_true(selected_is(peer, &tcp));
}

static void test_ice_dtls_prefers_its_path_until_nomination(void **state)
{
    struct peer *peer = *state;
    struct path first = path_from("192.0.2.7", 1), second = path_from("192.0.2.8", 2);
    plain(peer, &first);
    plain(peer, &second);
    ice_prefer(peer->ice, &second);
    assert_true(selected_is(peer, &second));
    nominate(peer, &first);
    ice_prefer(peer->ice, &second);
    assert_true(selected_is(peer, &first));
}

static void test_ice_restart_keeps_old_credentials_until_nomination_and_30_s(void **state)
{
    struct peer *peer = *state;
    struct path old_path = path_from("192.0.2.7", 1), new_path = path_from("192.0.2.9", 3);
    struct ice_credentials old = *ice_local(peer->ice);
    nominate(peer, &old_path);
    assert_int_equal(ice_restart(peer->ice), 0);
    assert_string_not_equal(ice_local(peer->ice)->ufrag, old.ufrag);
    peer->now_us += 120 * (uint64_t)SECOND;
    ice_tick(peer->ice, peer->now_us);
    assert_int_equal(send_check(peer, &old_path, &(struct check){.to = &old}), ICE_CHECKED);
    assert_int_equal(nominate(peer, &new_path), ICE_CHECKED);
    assert_true(selected_is(peer, &new_path));
    /* Chromium was once seen to go back. */
    assert_int_equal(send_check(peer, &old_path, &(struct check){.to = &old, .use_candidate = true}), ICE_CHECKED);
    assert_true(selected_is(peer, &old_path));
    peer->now_us += 29 * (uint64_t)SECOND;
    ice_tick(peer->ice, peer->now_us);
    assert_non_null(ice_previous(peer->ice));
    peer->now_us += 2 * (uint64_t)SECOND;
    ice_tick(peer->ice, peer->now_us);
    assert_null(ice_previous(peer->ice));
    assert_int_equal(send_check(peer, &old_path, &(struct check){.to = &old}), ICE_IGNORED);
}

static void test_ice_silence_then_lapsed_consent(void **state)
{
    struct peer *peer = *state;
    struct path path = path_from("192.0.2.7", 1);
    nominate(peer, &path);
    assert_int_equal(ice_tick(peer->ice, peer->now_us + 7 * (uint64_t)SECOND), ICE_ALIVE);
    assert_int_equal(ice_tick(peer->ice, peer->now_us + 9 * (uint64_t)SECOND), ICE_SILENT);
    ice_heard(peer->ice, &path, true, peer->now_us + 28 * (uint64_t)SECOND);
    assert_int_equal(ice_tick(peer->ice, peer->now_us + 29 * (uint64_t)SECOND), ICE_ALIVE);
    /* Media alone is no consent (RFC 7675). */
    assert_int_equal(ice_tick(peer->ice, peer->now_us + 31 * (uint64_t)SECOND), ICE_DEAD);
    peer->now_us += 40 * (uint64_t)SECOND;
    plain(peer, &path);
    assert_int_equal(ice_tick(peer->ice, peer->now_us), ICE_ALIVE);
}

static void test_ice_bounds_its_pairs_and_keeps_the_selected(void **state)
{
    struct peer *peer = *state;
    struct path chosen = path_from("192.0.2.1", 1);
    nominate(peer, &chosen);
    for (uint16_t port = 2; port < 40; port++) {
        struct path path = path_from("192.0.2.2", port);
        peer->now_us += 1000;
        assert_int_equal(plain(peer, &path), ICE_CHECKED);
        assert_int_equal(peer->result.change.displaced, port > SELECTION_PATHS_MAX);
        if (peer->result.change.displaced)
            assert_int_equal(peer->result.change.old.remote_port, port - SELECTION_PATHS_MAX + 1);
    }
    assert_true(selected_is(peer, &chosen));
}

static void test_ice_a_closed_connection_gives_way_to_the_next_best(void **state)
{
    struct peer *peer = *state;
    struct path udp = path_from("192.0.2.1", 1), tcp = path_from("192.0.2.1", 2);
    tcp.stream = (struct tcp_connection *)peer; /* never followed */
    plain(peer, &udp);
    nominate(peer, &tcp);
    assert_true(ice_forget(peer->ice, &tcp));
    assert_true(selected_is(peer, &udp));
    assert_false(ice_forget(peer->ice, &tcp));
    assert_true(ice_forget(peer->ice, &udp));
    assert_null(ice_selected(peer->ice));
}

static void test_ice_strangers_cannot_lock_out_a_known_path(void **state)
{
    struct peer *peer = *state;
    struct path known = path_from("192.0.2.1", 1), stranger = path_from("192.0.2.66", 1);
    struct check forged = {.to = ice_local(peer->ice), .pwd = "wrongwrongwrongwrongwrong"};
    plain(peer, &known);
    for (int i = 0; i < 60; i++)
        assert_int_equal(send_check(peer, &stranger, &forged), ICE_IGNORED);
    assert_int_equal(plain(peer, &known), ICE_CHECKED);
    assert_int_equal(plain(peer, &stranger), ICE_IGNORED);
    peer->now_us += SECOND;
    assert_int_equal(plain(peer, &stranger), ICE_CHECKED);
}

static void test_ice_peek_wants_a_whole_check(void **state)
{
    struct peer *peer = *state;
    uint8_t packet[ROOM];
    const char *ufrag;
    size_t ufrag_size, size = build(peer, &(struct check){.to = ice_local(peer->ice)}, packet);
    assert_int_equal(ice_peek(packet, size, &ufrag, &ufrag_size), 0);
    assert_int_equal(ufrag_size, ICE_UFRAG_SIZE);
    assert_memory_equal(ufrag, ice_local(peer->ice)->ufrag, ICE_UFRAG_SIZE);
    packet[1] = 0x11; /* an indication */
    assert_true(ice_peek(packet, size, &ufrag, &ufrag_size) < 0);
    packet[1] = 0x01;
    packet[4] ^= 1; /* another cookie */
    assert_true(ice_peek(packet, size, &ufrag, &ufrag_size) < 0);
}

/* ---- following media before the check ---- */

enum { FRAME = 20 * 1000 };

/* The peer has a path, media came by it until now, and then not for `silence_us`. */
static struct path quiet_for(struct peer *peer, uint64_t silence_us)
{
    struct path path = path_from("192.0.2.7", 1);
    nominate(peer, &path);
    ice_heard(peer->ice, &path, true, peer->now_us);
    peer->now_us += silence_us;
    return path;
}

static void test_ice_follows_media_from_elsewhere_once_the_chosen_path_is_silent(void **state)
{
    struct peer *peer = *state;
    struct path old = quiet_for(peer, SELECTION_FOLLOW_QUIET_US - FRAME), fresh = path_from("192.0.2.7", 9);
    assert_false(ice_heard(peer->ice, &fresh, true, peer->now_us));
    assert_true(selected_is(peer, &old));
    peer->now_us += 2 * FRAME;
    assert_true(ice_heard(peer->ice, &fresh, true, peer->now_us));
    assert_true(selected_is(peer, &fresh));
    assert_false(ice_heard(peer->ice, &fresh, true, peer->now_us + FRAME));
    assert_true(selected_is(peer, &fresh));
}

static void test_ice_does_not_follow_what_was_sent_before_other_media(void **state)
{
    struct peer *peer = *state;
    struct path old = quiet_for(peer, SECOND), fresh = path_from("192.0.2.7", 9);
    assert_false(ice_heard(peer->ice, &fresh, false, peer->now_us));
    assert_true(selected_is(peer, &old));
}

/* A copy that is quicker than the original, of one who says little: RFC 9000 §9.3.3. */
static void test_ice_goes_back_when_what_was_copied_comes_by_the_chosen_path(void **state)
{
    struct peer *peer = *state;
    struct path old = quiet_for(peer, SECOND), copier = path_from("192.0.2.66", 9);
    assert_true(ice_heard(peer->ice, &copier, true, peer->now_us));
    peer->now_us += FRAME;
    assert_true(ice_repeated(peer->ice, &old, peer->now_us));
    assert_true(selected_is(peer, &old));
    peer->now_us += SECOND;
    assert_false(ice_heard(peer->ice, &copier, true, peer->now_us));
    assert_true(selected_is(peer, &old));
}

static void test_ice_does_not_follow_a_copier_while_the_originals_come(void **state)
{
    struct peer *peer = *state;
    struct path old = quiet_for(peer, 0), copier = path_from("192.0.2.66", 9);
    for (int i = 0; i < 100; i++, peer->now_us += FRAME) {
        assert_false(ice_heard(peer->ice, &copier, true, peer->now_us));
        assert_false(ice_repeated(peer->ice, &old, peer->now_us + FRAME / 2));
    }
    assert_true(selected_is(peer, &old));
}

/* What nobody has authenticated must not hold up a peer that checks by its new path. */
static void test_ice_repeated_media_do_not_keep_a_checked_path_from_being_chosen(void **state)
{
    struct peer *peer = *state;
    struct path old = quiet_for(peer, 2 * SECOND), fresh = path_from("192.0.2.7", 9);
    assert_false(ice_repeated(peer->ice, &old, peer->now_us));
    plain(peer, &fresh);
    assert_true(peer->result.change.moved && selected_is(peer, &fresh));
}

static void test_ice_media_by_the_chosen_path_end_the_following(void **state)
{
    struct peer *peer = *state;
    struct path old = quiet_for(peer, SECOND), fresh = path_from("192.0.2.7", 9);
    assert_true(ice_heard(peer->ice, &fresh, true, peer->now_us));
    assert_true(ice_heard(peer->ice, &old, true, peer->now_us + FRAME));
    assert_true(selected_is(peer, &old));
}

static void test_ice_a_check_makes_the_followed_path_the_chosen_one(void **state)
{
    struct peer *peer = *state;
    quiet_for(peer, SECOND / 5);
    struct path fresh = path_from("192.0.2.7", 9);
    assert_true(ice_heard(peer->ice, &fresh, true, peer->now_us));
    peer->now_us += SECOND / 10;
    plain(peer, &fresh);
    assert_true(peer->result.change.bound && !peer->result.change.moved && selected_is(peer, &fresh));
    peer->now_us += 2 * SELECTION_FOLLOW_US;
    assert_false(ice_follow_tick(peer->ice, peer->now_us));
    assert_true(selected_is(peer, &fresh));
    /* And if it changes once more, once more. */
    struct path next = path_from("192.0.2.7", 10);
    assert_true(ice_heard(peer->ice, &next, true, peer->now_us));
}

static void test_ice_goes_back_from_a_path_that_nobody_proves_and_follows_none_for_a_while(void **state)
{
    struct peer *peer = *state;
    struct path old = quiet_for(peer, SECOND), fresh = path_from("192.0.2.7", 9), other = path_from("192.0.2.8", 9);
    assert_true(ice_heard(peer->ice, &fresh, true, peer->now_us));
    assert_false(ice_follow_tick(peer->ice, peer->now_us + SELECTION_FOLLOW_US - 1));
    peer->now_us += SELECTION_FOLLOW_US;
    assert_true(ice_follow_tick(peer->ice, peer->now_us));
    assert_false(ice_follow_tick(peer->ice, peer->now_us));
    assert_true(selected_is(peer, &old));
    peer->now_us += SELECTION_FOLLOW_AGAIN_US - 1;
    assert_false(ice_heard(peer->ice, &fresh, true, peer->now_us));
    assert_false(ice_heard(peer->ice, &other, true, peer->now_us));
    assert_true(ice_heard(peer->ice, &other, true, peer->now_us + 1));
}

static void test_ice_who_moves_on_while_followed_gets_no_more_time(void **state)
{
    struct peer *peer = *state;
    struct path old = quiet_for(peer, SECOND);
    uint64_t end_us = peer->now_us + SELECTION_FOLLOW_US;
    for (uint16_t port = 100; peer->now_us < end_us; port++, peer->now_us += SECOND) {
        struct path path = path_from("192.0.2.7", port), at_once = path_from("192.0.2.7", 99);
        assert_true(ice_heard(peer->ice, &path, true, peer->now_us));
        assert_false(ice_heard(peer->ice, &at_once, true, peer->now_us + FRAME));
        assert_true(selected_is(peer, &path));
    }
    assert_true(ice_follow_tick(peer->ice, end_us));
    assert_true(selected_is(peer, &old));
}

static void test_ice_a_nomination_ends_the_following(void **state)
{
    struct peer *peer = *state;
    struct path old = quiet_for(peer, SECOND), fresh = path_from("192.0.2.7", 9), reserve = path_from("192.0.2.8", 3);
    assert_true(ice_heard(peer->ice, &fresh, true, peer->now_us));
    plain(peer, &reserve);
    assert_true(!peer->result.change.moved && selected_is(peer, &fresh));
    nominate(peer, &reserve);
    assert_true(peer->result.change.moved && selected_is(peer, &reserve));
    nominate(peer, &old);
    peer->now_us += 2 * SELECTION_FOLLOW_AGAIN_US;
    assert_true(ice_heard(peer->ice, &fresh, true, peer->now_us));
    nominate(peer, &old);
    assert_true(peer->result.change.moved && selected_is(peer, &old));
}

static void test_ice_follows_nothing_before_a_path_is_proven_and_nothing_on_tcp(void **state)
{
    struct peer *peer = *state;
    struct path fresh = path_from("192.0.2.7", 9), tcp = path_from("192.0.2.7", 2);
    tcp.stream = (struct tcp_connection *)peer;
    assert_false(ice_heard(peer->ice, &fresh, true, peer->now_us));
    assert_null(ice_selected(peer->ice));
    nominate(peer, &tcp);
    assert_false(ice_heard(peer->ice, &fresh, true, peer->now_us + SECOND));
    assert_true(selected_is(peer, &tcp));
}

static void test_ice_followed_media_are_no_consent(void **state)
{
    struct peer *peer = *state;
    quiet_for(peer, 29 * (uint64_t)SECOND);
    struct path fresh = path_from("192.0.2.7", 9);
    assert_true(ice_heard(peer->ice, &fresh, true, peer->now_us));
    assert_int_equal(ice_tick(peer->ice, peer->now_us), ICE_ALIVE);
    ice_heard(peer->ice, &fresh, true, peer->now_us + 2 * SECOND);
    assert_int_equal(ice_tick(peer->ice, peer->now_us + 2 * SECOND), ICE_DEAD);
}

static void test_ice_opens_few_forged_media_a_second_and_shuts_out_neither_checks_nor_the_followed(void **state)
{
    struct peer *peer = *state;
    quiet_for(peer, SECOND);
    struct path fresh = path_from("192.0.2.7", 9), stranger = path_from("192.0.2.66", 1),
                next = path_from("192.0.2.7", 10);
    assert_true(ice_heard(peer->ice, &fresh, true, peer->now_us));
    for (int i = 0; i < ICE_FORGED_PER_S; i++) {
        assert_true(ice_may_open(peer->ice, &stranger, peer->now_us));
        ice_forged(peer->ice);
    }
    assert_false(ice_may_open(peer->ice, &stranger, peer->now_us));
    assert_true(ice_may_open(peer->ice, &fresh, peer->now_us));
    assert_int_equal(plain(peer, &next), ICE_CHECKED);
    assert_true(ice_may_open(peer->ice, &stranger, peer->now_us + SECOND));
}

static void test_ice_names_what_it_does(void **state)
{
    struct peer *peer = *state;
    struct path path = path_from("192.0.2.7", 1), fresh = path_from("192.0.2.7", 9);
    assert_int_equal(ice_state(peer->ice), SELECTION_NONE);
    plain(peer, &path);
    assert_int_equal(ice_state(peer->ice), SELECTION_TENTATIVE);
    nominate(peer, &path);
    assert_int_equal(ice_state(peer->ice), SELECTION_SETTLED);
    peer->now_us += SECOND;
    ice_heard(peer->ice, &fresh, true, peer->now_us);
    assert_int_equal(ice_state(peer->ice), SELECTION_FOLLOWING);
    ice_heard(peer->ice, &path, true, peer->now_us);
    assert_int_equal(ice_state(peer->ice), SELECTION_SETTLED);
    ice_forget(peer->ice, &path);
    assert_int_equal(ice_state(peer->ice), SELECTION_NONE);
}

/* ---- copies of checks ---- */

struct captured {
    uint8_t packet[ROOM];
    size_t size;
};

static struct captured capture(struct peer *peer, bool use_candidate)
{
    struct captured captured;
    captured.size = build(peer, &(struct check){.to = ice_local(peer->ice), .use_candidate = use_candidate},
                          captured.packet);
    return captured;
}

static enum ice_verdict come(struct peer *peer, const struct path *from, const struct captured *captured)
{
    ice_input(peer->ice, from, captured->packet, captured->size, peer->now_us, &peer->result);
    return peer->result.verdict;
}

/* Whoever listens in needs no password to say again what was said, from an address of their choice. */
static void test_ice_a_check_that_is_replayed_from_elsewhere_proves_nothing(void **state)
{
    struct peer *peer = *state;
    struct path owner = path_from("192.0.2.7", 1), stranger = path_from("192.0.2.66", 9);
    struct captured first = capture(peer, true), second = capture(peer, true);
    assert_int_equal(come(peer, &owner, &first), ICE_CHECKED);
    peer->now_us += 3 * (uint64_t)SECOND;
    assert_int_equal(come(peer, &owner, &second), ICE_CHECKED);
    assert_int_equal(come(peer, &stranger, &second), ICE_IGNORED);
    assert_int_equal(come(peer, &stranger, &first), ICE_IGNORED);
    peer->now_us += 5 * (uint64_t)SECOND;
    assert_int_equal(come(peer, &stranger, &second), ICE_IGNORED);
    assert_int_equal(peer->result.reply_size, 0);
    assert_true(selected_is(peer, &owner));
    assert_int_equal(come(peer, &owner, &second), ICE_CHECKED); /* a repetition: the reply was lost */
}

static void test_ice_a_copier_that_is_quicker_does_not_keep_the_peer_out(void **state)
{
    struct peer *peer = *state;
    struct path owner = path_from("192.0.2.7", 1), stranger = path_from("192.0.2.66", 9);
    struct captured first = capture(peer, true);
    assert_int_equal(come(peer, &stranger, &first), ICE_CHECKED);
    peer->now_us += 5000;
    assert_int_equal(come(peer, &owner, &first), ICE_CHECKED);
    assert_true(selected_is(peer, &owner));
}

/* Firefox does not nominate again when its NAT has rebound: then any old nomination took the path from its media. */
static void test_ice_a_late_nomination_does_not_take_media_from_a_path_that_rebound(void **state)
{
    struct peer *peer = *state;
    struct path owner = path_from("192.0.2.7", 1), rebound = path_from("192.0.2.7", 9),
                stranger = path_from("192.0.2.66", 9);
    nominate(peer, &owner);
    peer->now_us += 2 * (uint64_t)SECOND;
    plain(peer, &rebound);
    assert_true(selected_is(peer, &rebound));
    ice_heard(peer->ice, &rebound, true, peer->now_us);
    nominate(peer, &stranger);
    assert_true(!peer->result.change.moved && selected_is(peer, &rebound));
    peer->now_us += SECOND;
    nominate(peer, &stranger);
    assert_true(selected_is(peer, &stranger));
    assert_true(ice_heard(peer->ice, &rebound, true, peer->now_us + FRAME));
    assert_true(selected_is(peer, &rebound));
}

#define WITH_PEER(test) cmocka_unit_test_setup_teardown(test, open_peer, close_peer)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PEER(test_ice_answers_a_check_with_where_it_came_from),
        WITH_PEER(test_ice_binds_nothing_without_integrity),
        WITH_PEER(test_ice_ignores_every_truncation_and_every_flipped_bit),
        WITH_PEER(test_ice_role_conflict_is_answered_487),
        WITH_PEER(test_ice_use_candidate_moves_the_path),
        WITH_PEER(test_ice_rebinding_without_use_candidate_moves_when_the_old_path_is_silent),
        WITH_PEER(test_ice_a_late_nomination_does_not_take_media_from_their_path),
        WITH_PEER(test_ice_media_move_the_choice_to_the_nominated_path_they_come_by),
        WITH_PEER(test_ice_a_check_in_reserve_moves_nothing_from_udp_to_tcp),
        WITH_PEER(test_ice_nominated_udp_is_not_left_for_tcp_unless_media_come_by_it),
        WITH_PEER(test_ice_dtls_prefers_its_path_until_nomination),
        WITH_PEER(test_ice_restart_keeps_old_credentials_until_nomination_and_30_s),
        WITH_PEER(test_ice_silence_then_lapsed_consent),
        WITH_PEER(test_ice_bounds_its_pairs_and_keeps_the_selected),
        WITH_PEER(test_ice_a_closed_connection_gives_way_to_the_next_best),
        WITH_PEER(test_ice_strangers_cannot_lock_out_a_known_path),
        WITH_PEER(test_ice_peek_wants_a_whole_check),
        WITH_PEER(test_ice_follows_media_from_elsewhere_once_the_chosen_path_is_silent),
        WITH_PEER(test_ice_does_not_follow_what_was_sent_before_other_media),
        WITH_PEER(test_ice_goes_back_when_what_was_copied_comes_by_the_chosen_path),
        WITH_PEER(test_ice_does_not_follow_a_copier_while_the_originals_come),
        WITH_PEER(test_ice_repeated_media_do_not_keep_a_checked_path_from_being_chosen),
        WITH_PEER(test_ice_media_by_the_chosen_path_end_the_following),
        WITH_PEER(test_ice_a_check_makes_the_followed_path_the_chosen_one),
        WITH_PEER(test_ice_goes_back_from_a_path_that_nobody_proves_and_follows_none_for_a_while),
        WITH_PEER(test_ice_who_moves_on_while_followed_gets_no_more_time),
        WITH_PEER(test_ice_a_nomination_ends_the_following),
        WITH_PEER(test_ice_follows_nothing_before_a_path_is_proven_and_nothing_on_tcp),
        WITH_PEER(test_ice_followed_media_are_no_consent),
        WITH_PEER(test_ice_opens_few_forged_media_a_second_and_shuts_out_neither_checks_nor_the_followed),
        WITH_PEER(test_ice_names_what_it_does),
        WITH_PEER(test_ice_a_check_that_is_replayed_from_elsewhere_proves_nothing),
        WITH_PEER(test_ice_a_copier_that_is_quicker_does_not_keep_the_peer_out),
        WITH_PEER(test_ice_a_late_nomination_does_not_take_media_from_a_path_that_rebound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
