#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "room_bench.h"
#include "signaling/call.h"
#include "signaling/core.h"

static json_t *participant_in(const json_t *joined, const char *id)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(joined, "participants"), i,
                       item) if (strcmp(text_in(item, "id"), id) == 0) return item;
    return NULL;
}

static void assert_error(const struct client *client, const char *code, bool fatal)
{
    const json_t *error = client_heard(client, "error");
    assert_non_null(error);
    assert_string_equal(text_in(error, "code"), code);
    assert_true(strlen(text_in(error, "message")) > 10);
    assert_int_equal(json_is_true(json_object_get(error, "fatal")), fatal);
    assert_int_equal(client->closed, fatal);
}

/* ---- coming in ---- */

static void test_room_join_tells_the_whole_state(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan");
    const json_t *joined = client_heard(lan, "joined");
    assert_non_null(joined);
    assert_string_equal(text_in(joined, "me"), "lan");
    assert_string_equal(text_in(joined, "media"), "new");
    assert_string_equal(text_in(json_object_get(joined, "recording"), "state"), "off");
    assert_string_equal(text_in(json_object_get(joined, "consultation"), "title"), "Hội chẩn thử");
    assert_int_equal(json_array_size(json_object_get(joined, "ice_servers")), 1);
    assert_non_null(participant_in(joined, "lan"));
    assert_int_equal(bench_said_count(bench, "started"), 1);
    struct client *minh = client_join(bench, "minh");
    assert_non_null(participant_in(client_heard(minh, "joined"), "lan"));
    assert_string_equal(text_in(json_object_get(client_heard(lan, "participant"), "participant"), "id"), "minh");
}

static void test_room_bad_and_expired_tickets_are_refused_in_words(void **state)
{
    struct bench *bench = *state;
    struct client *client = client_open(bench);
    client_say(client,
               json_pack("{s:s, s:i, s:s, s:s}", "type", "join", "id", 1, "ticket", "nonsense", "language", "vi"));
    assert_error(client, "ticket_invalid", true);
    assert_non_null(strstr(text_in(client_heard(client, "error"), "action"), "liên kết"));
    client_close(client);
    client = client_open(bench);
    char *ticket = bench_ticket("join", "lan", NULL, -5);
    client_say(client, json_pack("{s:s, s:i, s:s}", "type", "join", "id", 1, "ticket", ticket));
    free(ticket);
    assert_error(client, "ticket_expired", true);
    assert_non_null(strstr(text_in(client_heard(client, "error"), "message"), "expired"));
    client_close(client);
    client = client_join(bench, "nobody");
    assert_error(client, "not_found", true);
}

static void test_room_nonsense_gets_an_error_and_the_socket_stays(void **state)
{
    struct bench *bench = *state;
    struct client *client = client_open(bench);
    client_say_text(client, "{");
    assert_error(client, "bad_message", false);
    client_say_text(client, "{\"type\":\"fly\",\"id\":4}");
    assert_error(client, "unknown_type", false);
    assert_int_equal(json_integer_value(json_object_get(client_heard(client, "error"), "id")), 4);
    client_say_text(client, "{\"type\":\"chat\",\"id\":5,\"text\":\"hello\"}");
    assert_error(client, "not_joined", false);
    char *huge = malloc(300000);
    memset(huge, ' ', 299999);
    huge[299999] = '\0';
    client_say_text(client, huge);
    free(huge);
    assert_error(client, "too_large", false);
    client_say_text(client, "{\"type\":\"ping\",\"id\":6}");
    assert_non_null(client_heard(client, "pong"));
}

static void test_room_flood_is_cut(void **state)
{
    struct bench *bench = *state;
    struct client *client = client_open(bench);
    for (int i = 0; i < 1000 && !client->closed; i++)
        signaling_peer_message(client->peer, "{\"type\":\"ping\",\"id\":6}", 22);
    assert_true(client->closed);
    assert_error(client, "too_many", true);
}

/* ---- pictures and sound ---- */

static void test_room_two_see_and_hear_each_other(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan");
    const json_t *answer = client_offer(lan, "chromium-join", 1);
    assert_non_null(answer);
    assert_int_equal(json_array_size(json_object_get(answer, "slots")), 8);
    assert_non_null(strstr(text_in(answer, "sdp"), "a=candidate:1 1 udp 2130706431 192.0.2.7 10000 typ host"));
    client_connect(lan, 0);
    assert_string_equal(text_in(bench_said(bench, "joined"), "participant"), "lan");
    struct client *minh = client_join(bench, "minh");
    client_offer(minh, "firefox-join", 1);
    client_connect(minh, 0);
    assert_int_equal(bench_asked_count(bench, 0, "track.open"), 4);
    assert_int_equal(bench_asked_count(bench, 0, "slot.open"), 16);
    /* voice and face in the slots of the same number: mids 2/3, 4/5, … are offered in pairs */
    int audio = atoi(client_slot_of(lan, "minh", "audio")), video = atoi(client_slot_of(lan, "minh", "video"));
    assert_int_equal(video, audio + 1);
    assert_non_null(client_slot_of(minh, "lan", "audio"));
    assert_non_null(client_slot_of(minh, "lan", "video"));
    assert_null(client_slot_of(lan, "lan", "video"));
    const json_t *track = bench_asked(bench, 0, "track.open", 0);
    assert_string_equal(text_in(track, "source"), "camera");
    assert_int_equal(json_array_size(json_object_get(track, "rids")), 3);
}

static void test_room_third_comes_and_first_leaves(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_come(bench, "lan");
    client_come(bench, "minh");
    struct client *hoa = client_join(bench, "hoa");
    client_offer(hoa, "firefox-join", 1);
    client_connect(hoa, 0);
    assert_non_null(client_slot_of(hoa, "lan", "video"));
    assert_non_null(client_slot_of(hoa, "minh", "video"));
    char before[8];
    g_strlcpy(before, client_slot_of(hoa, "minh", "video"), sizeof before);
    client_say(lan, json_pack("{s:s}", "type", "leave"));
    assert_true(lan->closed);
    assert_string_equal(text_in(client_heard(lan, "ended"), "reason"), "left");
    assert_string_equal(text_in(client_heard(hoa, "gone"), "participant"), "lan");
    assert_null(client_slot_of(hoa, "lan", "video"));
    assert_string_equal(client_slot_of(hoa, "minh", "video"), before); /* sticky */
    assert_string_equal(text_in(bench_said(bench, "left"), "reason"), "left");
    assert_string_equal(text_in(bench_asked(bench, 0, "transport.close", 0), "reason"), "left");
}

static void test_room_view_decides_what_is_shown(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan"), *minh = client_join(bench, "minh");
    client_offer(lan, "chromium-join", 1);
    client_offer(minh, "chromium-join", 1);
    client_say(lan,
               json_pack("{s:s, s:[{s:s, s:s, s:i, s:i, s:b}], s:i}", "type", "view", "items", "participant", "minh",
                         "source", "camera", "width", 1280, "height", 720, "pinned", 1, "max_bps", 500000));
    const json_t *assign = bench_asked(bench, 0, "slot.assign", 0);
    assert_int_equal(json_integer_value(json_object_get(assign, "priority")), 3);
    assert_int_equal(json_integer_value(json_object_get(assign, "max_width")), 1280);
    assert_int_equal(json_integer_value(json_object_get(bench_asked(bench, 0, "view.set", 0), "max_bps")), 500000);
    client_say(lan, json_pack("{s:s, s:[]}", "type", "view", "items"));
    assert_null(client_slot_of(lan, "minh", "video"));
    assert_non_null(client_slot_of(lan, "minh", "audio")); /* sound is never a matter of what is shown */
}

static void test_room_slot_states_reach_the_viewer(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan"), *minh = client_join(bench, "minh");
    client_offer(lan, "chromium-join", 1);
    client_offer(minh, "chromium-join", 1);
    const json_t *assign = bench_asked(bench, 0, "slot.assign", 0);
    json_t *event = json_pack("{s:s, s:O, s:O, s:s, s:s, s:i, s:i}", "event", "slot.state", "slot",
                              json_object_get(assign, "slot"), "track", json_object_get(assign, "track"), "state",
                              "stopped", "reason", "bandwidth", "width", 320, "height", 180);
    client_forget(lan);
    client_forget(minh);
    bench_event(bench, 0, event);
    const json_t *slots = client_heard(lan, "slots") ? client_heard(lan, "slots") : client_heard(minh, "slots");
    const json_t *slot = json_array_get(json_object_get(slots, "slots"), 0);
    assert_string_equal(text_in(slot, "state"), "stopped");
    assert_string_equal(text_in(slot, "reason"), "bandwidth");
    assert_true(strlen(text_in(slot, "participant")) > 0);
}

static json_t *track_state(const char *track, bool thin)
{
    return json_pack("{s:s, s:s, s:s, s:[], s:b}", "event", "track.state", "track", track, "state", "live", "layers",
                     "thin", thin);
}

/* The latest of a kind that was opened at the worker. Owns: the caller frees it. */
static char *opened_track(struct bench *bench, const char *kind)
{
    const json_t *opened = bench_asked(bench, 0, "track.open", 0);
    for (size_t back = 1; strcmp(text_in(opened, "kind"), kind) != 0; back++)
        opened = bench_asked(bench, 0, "track.open", back);
    return g_strdup(text_in(opened, "track"));
}

/* Who is heard over a thin path is told to send longer packets of fewer bits; a later answer says the same. */
static void test_room_thin_path_makes_the_speaker_s_packets_longer(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan");
    const char *sdp = text_in(client_offer(lan, "chromium-join", 1), "sdp");
    assert_non_null(strstr(sdp, "a=ptime:20\r\n"));
    char *track = opened_track(bench, "audio");
    bench_event(bench, 0, track_state(track, true));
    assert_true(json_is_true(json_object_get(client_heard(lan, "speech"), "thin")));
    assert_int_equal(client_heard_count(lan, "uplink"), 0); /* it is somebody else's line */
    sdp = text_in(client_offer(lan, "chromium-join", 1), "sdp");
    assert_non_null(strstr(sdp, "a=ptime:60\r\n"));
    assert_non_null(strstr(sdp, "maxaveragebitrate=20000\r\n"));
    bench_event(bench, 0, track_state(track, true)); /* nothing new */
    assert_int_equal(client_heard_count(lan, "speech"), 1);
    bench_event(bench, 0, track_state(track, false));
    assert_int_equal(client_heard_count(lan, "speech"), 2);
    assert_true(json_is_false(json_object_get(client_heard(lan, "speech"), "thin")));
    sdp = text_in(client_offer(lan, "chromium-join", 1), "sdp");
    assert_non_null(strstr(sdp, "a=ptime:20\r\n"));
    g_free(track);
}

/* Whose own line is thin is told once that pictures are to give way, whatever they send, and once that they need not. */
static void test_room_thin_line_makes_its_own_pictures_give_way(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan");
    client_offer(lan, "chromium-join", 1);
    char *sound = opened_track(bench, "audio"), *picture = opened_track(bench, "video");
    bench_event(bench, 0, track_state(sound, true));
    bench_event(bench, 0, track_state(picture, true));
    bench_event(bench, 0, track_state(picture, true));
    assert_int_equal(client_heard_count(lan, "uplink"), 1);
    assert_true(json_is_true(json_object_get(client_heard(lan, "uplink"), "thin")));
    assert_int_equal(client_heard_count(lan, "speech"), 1);
    bench_event(bench, 0, track_state(picture, false));
    assert_int_equal(client_heard_count(lan, "uplink"), 2);
    assert_true(json_is_false(json_object_get(client_heard(lan, "uplink"), "thin")));
    g_free(sound);
    g_free(picture);
}

static void test_room_outgrown_slots_are_asked_for_once(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan"), *others[6];
    client_offer(lan, "chromium-join", 1);
    client_connect(lan, 0);
    for (int i = 0; i < 6; i++) {
        char name[4] = {'p', (char)('0' + i), '\0'};
        bench_person(bench, name, "doctor");
        others[i] = client_join(bench, name);
        client_offer(others[i], "chromium-join", 1);
    }
    const json_t *wanted = client_heard(lan, "slots.wanted");
    assert_non_null(wanted);
    assert_true(json_integer_value(json_object_get(wanted, "video")) >= 6);
    size_t asked = client_heard_count(lan, "slots.wanted");
    client_offer(lan, "chromium-nine-slots", 1); /* the same peer connection, more slots */
    assert_int_equal(client_heard_count(lan, "slots.wanted"), asked);
    assert_int_equal(json_array_size(json_object_get(client_heard(lan, "answer"), "slots")), 18);
    for (int i = 0; i < 6; i++) {
        char name[4] = {'p', (char)('0' + i), '\0'};
        assert_non_null(client_slot_of(lan, name, "video"));
        client_close(others[i]);
    }
}

static unsigned video_slots(const json_t *message)
{
    const json_t *slots = json_object_get(message, "slots");
    return (unsigned)json_integer_value(json_object_get(slots ? slots : message, "video"));
}

/* Each pair in the first offer costs a browser time before its first picture. */
static void test_room_large_is_joined_with_few_slots_and_the_rest_when_connected(void **state)
{
    struct bench *bench = *state;
    struct client *others[6];
    for (int i = 0; i < 6; i++) {
        char name[4] = {'p', (char)('0' + i), '\0'};
        bench_person(bench, name, "doctor");
        others[i] = client_join(bench, name);
        client_offer(others[i], "chromium-join", 1);
    }
    struct client *lan = client_join(bench, "lan");
    assert_int_equal(video_slots(client_heard(lan, "joined")), 4);
    client_offer(lan, "chromium-join", 1);
    assert_int_equal(client_heard_count(lan, "slots.wanted"), 0);
    client_connect(lan, 0);
    assert_int_equal(client_heard_count(lan, "slots.wanted"), 1);
    assert_int_equal(video_slots(client_heard(lan, "slots.wanted")), 8);
    for (int i = 0; i < 6; i++)
        client_close(others[i]);
}

static void test_room_ice_restart_and_new_generation(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan");
    client_offer(lan, "chromium-join", 1);
    assert_int_equal(bench_asked_count(bench, 0, "transport.restart"), 0);
    client_offer(lan, "chromium-nine-slots", 1); /* other ICE credentials on the same generation: a restart */
    assert_int_equal(bench_asked_count(bench, 0, "transport.restart"), 1);
    assert_int_equal(bench_asked_count(bench, 0, "transport.open"), 1);
    assert_int_equal(bench_asked_count(bench, 0, "transport.remote"), 2);
    client_offer(lan, "chromium-join", 2);
    assert_int_equal(bench_asked_count(bench, 0, "transport.open"), 2);
    assert_string_equal(text_in(bench_asked(bench, 0, "transport.close", 0), "reason"), "replaced");
    client_offer(lan, "chromium-join", 1);
    assert_string_equal(text_in(client_heard(lan, "error"), "code"), "bad_message");
}

static void test_room_broken_offer_is_told(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan");
    client_say(lan, json_pack("{s:s, s:i, s:i, s:s, s:[]}", "type", "offer", "id", 3, "generation", 1, "sdp",
                              "v=0\r\nbroken", "tracks"));
    assert_error(lan, "bad_sdp", false);
    assert_int_equal(bench_asked_count(bench, 0, "transport.open"), 0);
    assert_non_null(client_offer(lan, "chromium-join", 1));
}

static void test_room_observer_never_publishes(void **state)
{
    struct bench *bench = *state;
    bench_person(bench, "guest", "observer");
    struct client *guest = client_join(bench, "guest");
    assert_non_null(client_offer(guest, "chromium-join", 1));
    assert_int_equal(bench_asked_count(bench, 0, "track.open"), 0);
    assert_int_equal(bench_asked_count(bench, 0, "slot.open"), 8);
}

static void test_room_switching_off_pauses_the_track(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan"), *minh = client_join(bench, "minh");
    client_say(lan, json_pack("{s:s, s:b, s:b}", "type", "state", "microphone", 0, "camera", 1));
    client_offer(lan, "chromium-join", 1);
    assert_true(json_is_true(json_object_get(bench_asked(bench, 0, "track.set", 0), "paused")));
    const json_t *told = json_object_get(client_heard(minh, "participant"), "participant");
    assert_true(json_is_false(json_object_get(told, "microphone")));
    assert_true(json_is_true(json_object_get(told, "camera")));
    client_say(lan, json_pack("{s:s, s:b, s:b}", "type", "state", "microphone", 1, "hand", 1));
    assert_true(json_is_false(json_object_get(bench_asked(bench, 0, "track.set", 0), "paused")));
    told = json_object_get(client_heard(minh, "participant"), "participant");
    assert_true(json_is_true(json_object_get(told, "microphone")));
    assert_true(json_is_true(json_object_get(told, "hand")));
}

static void test_room_speaker_and_chat_are_told(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan"), *minh = client_join(bench, "minh");
    client_offer(lan, "chromium-join", 1);
    const char *track = text_in(bench_asked(bench, 0, "track.open", 1), "track");
    bench_event(bench, 0, json_pack("{s:s, s:s, s:s}", "event", "speaker", "room", "consult1", "track", track));
    assert_string_equal(text_in(client_heard(minh, "speaker"), "participant"), "lan");
    client_say(lan, json_pack("{s:s, s:i, s:s}", "type", "chat", "id", 9, "text", "Chào"));
    assert_string_equal(text_in(client_heard(minh, "chat"), "text"), "Chào");
    assert_non_null(client_heard(lan, "ok"));
    assert_string_equal(text_in(bench_said(bench, "chat"), "text"), "Chào");
    struct client *hoa = client_join(bench, "hoa");
    assert_int_equal(json_array_size(json_object_get(client_heard(hoa, "joined"), "chat")), 1);
}

/* ---- coming back ---- */

static struct client *resume(struct bench *bench, const char *token)
{
    struct client *client = client_open(bench);
    client_say(client, json_pack("{s:s, s:i, s:s}", "type", "resume", "id", 1, "token", token));
    return client;
}

static void test_room_lost_socket_keeps_media_and_resumes(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan"), *minh = client_join(bench, "minh");
    client_offer(lan, "chromium-join", 1);
    client_connect(lan, 0);
    char *token = g_strdup(text_in(client_heard(lan, "joined"), "token"));
    const char *stay = text_in(bench_said(bench, "joined"), "session");
    client_close(lan);
    assert_string_equal(text_in(bench_said(bench, "away"), "session"), stay);
    assert_int_equal(bench_asked_count(bench, 0, "transport.close"), 0);
    assert_true(
        json_is_true(json_object_get(json_object_get(client_heard(minh, "participant"), "participant"), "away")));
    client_offer(minh, "chromium-join", 1);
    lan = resume(bench, token);
    assert_string_equal(text_in(client_heard(lan, "joined"), "media"), "keep");
    assert_string_equal(text_in(bench_said(bench, "back"), "session"), stay);
    assert_non_null(client_slot_of(lan, "minh", "video")); /* what changed while it was away */
    assert_false(
        json_is_true(json_object_get(json_object_get(client_heard(minh, "participant"), "participant"), "away")));
    assert_int_equal(bench_said_count(bench, "left"), 0);
    g_free(token);
}

static void test_room_reload_replaces_the_former_stay(void **state)
{
    struct bench *bench = *state;
    struct client *old = client_join(bench, "lan"), *minh = client_join(bench, "minh");
    client_offer(old, "chromium-join", 1);
    client_connect(old, 0);
    client_offer(minh, "chromium-join", 1);
    char *token = g_strdup(text_in(client_heard(old, "joined"), "token"));
    struct client *fresh = client_join(bench, "lan");
    assert_error(old, "replaced", true);
    assert_string_equal(text_in(client_heard(fresh, "joined"), "media"), "new");
    assert_null(client_slot_of(minh, "lan", "video"));
    assert_string_equal(text_in(bench_said(bench, "left"), "reason"), "replaced");
    client_offer(fresh, "chromium-join", 1);
    client_connect(fresh, 0);
    assert_non_null(client_slot_of(minh, "lan", "video"));
    assert_int_equal(bench_said_count(bench, "joined"), 2);
    struct client *again = resume(bench, token); /* the old window must not take the place back */
    assert_error(again, "replaced", true);
    g_free(token);
}

static void test_room_dead_worker_moves_its_rooms_and_asks_to_renew(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan"), *minh = client_join(bench, "minh");
    client_offer(lan, "chromium-join", 1);
    client_connect(lan, 0);
    client_offer(minh, "chromium-join", 1);
    bench_worker_start(bench, 1);
    bench_worker_kill(bench, 0);
    assert_non_null(client_heard(lan, "renew"));
    assert_non_null(client_heard(minh, "renew"));
    assert_non_null(bench_asked(bench, 1, "room.open", 0));
    client_offer(lan, "chromium-join", 2);
    client_offer(minh, "chromium-join", 2);
    assert_int_equal(bench_asked_count(bench, 1, "transport.open"), 2);
    assert_non_null(client_slot_of(lan, "minh", "video"));
    assert_int_equal(bench_said_count(bench, "left"), 0); /* the consultation has not ended for anybody */
}

static void test_room_offer_waits_for_the_next_worker(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan");
    bench_worker_kill(bench, 0);
    assert_null(client_offer(lan, "chromium-join", 1));
    bench_worker_start(bench, 1);
    assert_non_null(client_heard(lan, "answer"));
}

static void test_room_restarted_server_takes_up_where_it_was(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan"), *minh = client_join(bench, "minh");
    client_offer(lan, "chromium-join", 1);
    client_connect(lan, 0);
    client_offer(minh, "firefox-join", 1);
    client_connect(minh, 0);
    char *token = g_strdup(text_in(client_heard(lan, "joined"), "token"));
    char slot[8];
    g_strlcpy(slot, client_slot_of(lan, "minh", "video"), sizeof slot);
    lan->peer = minh->peer = NULL; /* they die with the old process */
    bench_restart(bench);
    assert_int_equal(bench_asked_count(bench, 0, "transport.close"), 0);
    assert_int_equal(bench_asked_count(bench, 0, "slot.assign"), 0);
    struct client *back = resume(bench, token);
    const json_t *joined = client_heard(back, "joined");
    assert_string_equal(text_in(joined, "media"), "keep");
    assert_string_equal(text_in(participant_in(joined, "minh"), "name"), "minh");
    assert_int_equal(json_array_size(json_object_get(participant_in(joined, "minh"), "tracks")), 2);
    assert_string_equal(client_slot_of(back, "minh", "video"), slot);
    client_offer(back, "chromium-join", 1); /* a renegotiation as if nothing had been */
    assert_int_equal(bench_asked_count(bench, 0, "transport.restart"), 0);
    assert_int_equal(bench_asked_count(bench, 0, "slot.open"), 0);
    assert_non_null(client_heard(back, "answer"));
    g_free(token);
}

struct hurried {
    struct bench *bench;
    struct client *lan;
    char *ticket;
};

/* Joins and offers before the new server knows what its worker carries. */
static void hurry(void *arg)
{
    struct hurried *hurried = arg;
    char *sdp = NULL;
    assert_true(g_file_get_contents("tests/vectors/sdp/chromium-join.sdp", &sdp, NULL, NULL));
    hurried->lan = client_open(hurried->bench);
    json_t *join = json_pack("{s:s, s:i, s:s}", "type", "join", "id", 1, "ticket", hurried->ticket);
    json_t *offer = json_pack("{s:s, s:i, s:i, s:s, s:[{s:s, s:s}]}", "type", "offer", "id", 2, "generation", 2, "sdp",
                              sdp, "tracks", "mid", "1", "source", "camera");
    char *texts[] = {json_dumps(join, 0), json_dumps(offer, 0)};
    for (int i = 0; i < 2; i++) {
        signaling_peer_message(hurried->lan->peer, texts[i], strlen(texts[i]));
        free(texts[i]);
    }
    json_decref(join);
    json_decref(offer);
    g_free(sdp);
}

static void test_room_join_during_a_restart_replaces_what_the_worker_kept(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_come(bench, "lan"), *minh = client_come(bench, "minh");
    lan->peer = minh->peer = NULL;
    struct hurried hurried = {.bench = bench, .ticket = bench_ticket("join", "lan", NULL, 60)};
    bench_restart_with(bench, hurry, &hurried);
    assert_non_null(client_heard(hurried.lan, "answer"));
    assert_string_equal(text_in(bench_asked(bench, 0, "transport.close", 0), "reason"), "replaced");
    assert_int_equal(bench_asked_count(bench, 0, "transport.close"), 1);
    assert_non_null(client_slot_of(hurried.lan, "minh", "video"));
    free(hurried.ticket);
}

static void test_room_failed_transport_is_renewed(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_come(bench, "lan");
    const char *transport = text_in(bench_asked(bench, 0, "transport.open", 0), "transport");
    bench_transport_state(bench, 0, transport, "disconnected", NULL);
    assert_non_null(client_heard(lan, "restart"));
    bench_transport_state(bench, 0, transport, "failed", NULL);
    assert_non_null(client_heard(lan, "renew"));
    assert_non_null(client_offer(lan, "chromium-join", 2));
}

/* Lets the second hand stand `seconds` later than it does. */
static void pass(struct bench *bench, int seconds)
{
    signaling_tick(bench->signaling, core_uptime_s() + seconds);
    bench_settle(bench);
}

static void test_room_away_without_media_ends_after_a_minute(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan"), *minh = client_join(bench, "minh");
    client_close(lan);
    pass(bench, AWAY_MAX_S - 2);
    assert_null(client_heard(minh, "gone"));
    pass(bench, AWAY_MAX_S + 1);
    assert_string_equal(text_in(client_heard(minh, "gone"), "reason"), "lost");
}

static void test_room_away_with_media_stays_until_that_dies(void **state)
{
    struct bench *bench = *state;
    struct client *minh = client_join(bench, "minh"), *lan = client_come(bench, "lan");
    client_close(lan);
    pass(bench, 10 * AWAY_MAX_S);
    assert_null(client_heard(minh, "gone"));
    const char *transport = text_in(bench_asked(bench, 0, "transport.open", 0), "transport");
    bench_transport_state(bench, 0, transport, "failed", NULL);
    pass(bench, AWAY_FAILED_S - 2);
    assert_null(client_heard(minh, "gone"));
    pass(bench, AWAY_FAILED_S + 1);
    assert_non_null(client_heard(minh, "gone"));
    assert_string_equal(text_in(bench_said(bench, "left"), "reason"), "lost");
}

/* An outage of a minute: consent lapses after half of it, and everything is there when the line is. */
static void test_room_keeps_a_transport_whose_consent_lapsed(void **state)
{
    struct bench *bench = *state;
    struct client *minh = client_join(bench, "minh"), *lan = client_come(bench, "lan");
    client_close(lan);
    const char *transport = text_in(bench_asked(bench, 0, "transport.open", 0), "transport");
    bench_transport_state(bench, 0, transport, "failed", "consent");
    pass(bench, AWAY_MAX_S - 2);
    assert_null(client_heard(minh, "gone"));
    assert_null(bench_asked(bench, 0, "transport.close", 0));
    bench_transport_state(bench, 0, transport, "connected", "back");
    pass(bench, 2 * AWAY_MAX_S);
    assert_null(client_heard(minh, "gone"));
}

static void test_room_socket_that_never_joins_is_closed(void **state)
{
    struct bench *bench = *state;
    struct client *silent = client_open(bench);
    pass(bench, JOIN_TIMEOUT_S - 2);
    assert_false(silent->closed);
    pass(bench, JOIN_TIMEOUT_S + 1);
    assert_error(silent, "not_joined", true);
}

static void test_room_deserted_leaves_its_worker(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan");
    client_say(lan, json_pack("{s:s}", "type", "leave"));
    pass(bench, 0);
    assert_int_equal(bench_asked_count(bench, 0, "room.close"), 0); /* a reload is back by then */
    pass(bench, CALL_EMPTY_S + 1);
    assert_int_equal(bench_asked_count(bench, 0, "room.close"), 1);
    assert_int_equal(bench_said_count(bench, "ended"), 0); /* the appointment is not over */
}

/* A renew here would answer each new peer connection with the wish for another, for ever. */
static void test_room_hangup_by_the_client_asks_for_nothing(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan"), *minh = client_join(bench, "minh");
    client_offer(minh, "chromium-join", 1);
    client_offer(lan, "chromium-join", 1);
    client_connect(lan, 0);
    const char *transport = text_in(bench_asked(bench, 0, "transport.open", 0), "transport");
    bench_transport_state(bench, 0, transport, "failed", "closed_by_peer");
    assert_null(client_heard(lan, "renew"));
    assert_null(client_slot_of(minh, "lan", "video"));
}

/* ---- the host ---- */

static void moderate(struct client *by, const char *action, const char *target)
{
    json_t *message = json_pack("{s:s, s:i, s:s}", "type", "moderate", "id", 20, "action", action);
    if (target)
        json_object_set_new(message, "participant", json_string(target));
    client_forget(by);
    client_say(by, message);
}

static void test_room_patient_waits_until_admitted(void **state)
{
    struct bench *bench = *state;
    bench_person(bench, "patient", "patient");
    json_object_set_new(json_object_get(bench->people, "patient"), "waiting_room", json_true());
    struct client *minh = client_join(bench, "minh"), *patient = client_join(bench, "patient");
    const json_t *joined = client_heard(patient, "joined");
    assert_true(json_is_true(json_object_get(joined, "waiting")));
    assert_int_equal(json_array_size(json_object_get(joined, "participants")), 1); /* sees nobody yet */
    client_offer(patient, "chromium-join", 1);
    assert_error(patient, "not_allowed", false);
    assert_true(
        json_is_true(json_object_get(json_object_get(client_heard(minh, "participant"), "participant"), "waiting")));
    moderate(minh, "admit", "patient");
    assert_non_null(client_heard(minh, "ok"));
    assert_non_null(client_heard(patient, "admitted"));
    assert_string_equal(text_in(json_object_get(client_heard(patient, "participant"), "participant"), "id"), "patient");
    assert_non_null(client_offer(patient, "chromium-join", 1));
}

static void test_room_only_the_host_moderates(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan"), *minh = client_join(bench, "minh"),
                  *hoa = client_join(bench, "hoa");
    moderate(lan, "remove", "hoa");
    assert_error(lan, "not_allowed", false);
    moderate(minh, "mute", "hoa");
    assert_string_equal(text_in(client_heard(hoa, "muted"), "by"), "minh");
    moderate(minh, "mute", "nobody");
    assert_error(minh, "not_found", false);
    moderate(minh, "remove", "hoa");
    assert_string_equal(text_in(client_heard(hoa, "ended"), "reason"), "removed");
    assert_string_equal(text_in(client_heard(lan, "gone"), "reason"), "removed");
    struct client *again = client_join(bench, "hoa");
    assert_error(again, "removed", true);
    moderate(minh, "make-host", "lan");
    moderate(lan, "lock", NULL);
    assert_true(json_is_true(json_object_get(client_heard(minh, "locked"), "locked")));
    bench_person(bench, "late", "doctor");
    struct client *late = client_join(bench, "late");
    assert_error(late, "locked", true);
}

static void test_room_end_is_told_to_all(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan"), *minh = client_join(bench, "minh");
    client_offer(lan, "chromium-join", 1);
    client_connect(lan, 0);
    moderate(minh, "end", NULL);
    assert_string_equal(text_in(client_heard(lan, "ended"), "reason"), "ended");
    assert_true(lan->closed && minh->closed);
    assert_int_equal(bench_said_count(bench, "ended"), 1);
    assert_string_equal(text_in(bench_said(bench, "left"), "reason"), "ended");
}

static void shows(struct client *client, const char *participant, int width, int height)
{
    client_say(client, json_pack("{s:s, s:[{s:s, s:s, s:i, s:i}]}", "type", "view", "items", "participant", participant,
                                 "source", "camera", "width", width, "height", height));
    bench_settle(client->bench);
}

static void only_watches(struct client *client)
{
    g_autofree char *sdp = NULL;
    assert_true(g_file_get_contents("tests/vectors/sdp/chromium-join-no-devices.sdp", &sdp, NULL, NULL));
    client_say(client, json_pack("{s:s, s:i, s:i, s:s, s:[]}", "type", "offer", "id", 2, "generation", 1, "sdp", sdp,
                                 "tracks"));
    assert_non_null(client_heard(client, "answer"));
}

/* Of the picture that crosses a relay, as its slots (and no others here have their priority) were told last. */
static int width_told(struct bench *bench)
{
    for (size_t back = 0; back < bench_asked_count(bench, 0, "slot.assign"); back++) {
        const json_t *told = bench_asked(bench, 0, "slot.assign", back);
        int width = (int)json_integer_value(json_object_get(told, "max_width"));
        if (width && json_integer_value(json_object_get(told, "priority")) == 3)
            return width;
    }
    return 0;
}

/* The larger layers of a picture that is shown in a strip at a further worker stay at the room's own. */
static void test_room_tells_relays_how_large_a_picture_is_shown(void **state)
{
    (void)state;
    struct bench *bench = bench_create(2);
    bench->signaling->room_share = 2;
    bench_person(bench, "mai", "observer");
    bench_person(bench, "tam", "observer");
    struct client *lan = client_come(bench, "lan"), *minh = client_join(bench, "minh");
    struct client *watchers[] = {client_join(bench, "mai"), client_join(bench, "tam")};
    only_watches(minh); /* with the lecturer, so that worker is full */
    only_watches(watchers[0]);
    assert_true(bench_asked_count(bench, 1, "relay.open") == 1);
    shows(watchers[0], "lan", 320, 180);
    assert_int_equal(width_told(bench), 640); /* who said nothing yet was shown it so */
    signaling_tick(bench->signaling, 2);
    bench_settle(bench);
    assert_int_equal(width_told(bench), 320);
    only_watches(watchers[1]);
    shows(watchers[1], "lan", 1280, 720);
    assert_int_equal(width_told(bench), 1280); /* at once */
    client_say(watchers[1], json_pack("{s:s}", "type", "leave"));
    signaling_tick(bench->signaling, 4);
    bench_settle(bench);
    assert_int_equal(width_told(bench), 320);
    client_close(watchers[1]);
    client_close(watchers[0]);
    client_close(minh);
    client_close(lan);
    bench_destroy(bench);
}

/* What a restart reads is bounded; of a room with very many words it may forget a yes, which is asked for again. */
static void test_room_restart_forgets_no_refusal(void **state)
{
    (void)state;
    struct call call = {0};
    consents_init(&call.consents);
    json_t *words = json_object(), *word;
    for (int i = 0; i < 200; i++) {
        g_autofree char *key = g_strdup_printf("p%d photographs own", i);
        json_object_set_new(words, key, json_integer(i % 5 != 0));
    }
    consents_restore(&call, words);
    json_t *kept = consents_blob(&call);
    const char *key;
    size_t refusals = 0;
    json_object_foreach(kept, key, word) refusals += json_integer_value(word) == 0;
    assert_int_equal(refusals, 40);
    json_decref(kept);
    json_decref(words);
    consents_finish(&call.consents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_OF_ONE(test_room_join_tells_the_whole_state),
        BENCH_OF_ONE(test_room_bad_and_expired_tickets_are_refused_in_words),
        BENCH_OF_ONE(test_room_nonsense_gets_an_error_and_the_socket_stays),
        BENCH_OF_ONE(test_room_flood_is_cut),
        BENCH_OF_ONE(test_room_two_see_and_hear_each_other),
        BENCH_OF_ONE(test_room_third_comes_and_first_leaves),
        BENCH_OF_ONE(test_room_view_decides_what_is_shown),
        BENCH_OF_ONE(test_room_slot_states_reach_the_viewer),
        BENCH_OF_ONE(test_room_thin_path_makes_the_speaker_s_packets_longer),
        BENCH_OF_ONE(test_room_thin_line_makes_its_own_pictures_give_way),
        BENCH_OF_ONE(test_room_outgrown_slots_are_asked_for_once),
        BENCH_OF_ONE(test_room_large_is_joined_with_few_slots_and_the_rest_when_connected),
        BENCH_OF_ONE(test_room_ice_restart_and_new_generation),
        BENCH_OF_ONE(test_room_broken_offer_is_told),
        BENCH_OF_ONE(test_room_observer_never_publishes),
        BENCH_OF_ONE(test_room_switching_off_pauses_the_track),
        BENCH_OF_ONE(test_room_speaker_and_chat_are_told),
        BENCH_OF_ONE(test_room_lost_socket_keeps_media_and_resumes),
        BENCH_OF_ONE(test_room_reload_replaces_the_former_stay),
        BENCH_OF_ONE(test_room_dead_worker_moves_its_rooms_and_asks_to_renew),
        BENCH_OF_ONE(test_room_offer_waits_for_the_next_worker),
        BENCH_OF_ONE(test_room_restarted_server_takes_up_where_it_was),
        BENCH_OF_ONE(test_room_join_during_a_restart_replaces_what_the_worker_kept),
        BENCH_OF_ONE(test_room_failed_transport_is_renewed),
        BENCH_OF_ONE(test_room_away_without_media_ends_after_a_minute),
        BENCH_OF_ONE(test_room_away_with_media_stays_until_that_dies),
        BENCH_OF_ONE(test_room_keeps_a_transport_whose_consent_lapsed),
        cmocka_unit_test(test_room_restart_forgets_no_refusal),
        BENCH_OF_ONE(test_room_socket_that_never_joins_is_closed),
        BENCH_OF_ONE(test_room_deserted_leaves_its_worker),
        BENCH_OF_ONE(test_room_hangup_by_the_client_asks_for_nothing),
        BENCH_OF_ONE(test_room_patient_waits_until_admitted),
        BENCH_OF_ONE(test_room_only_the_host_moderates),
        BENCH_OF_ONE(test_room_end_is_told_to_all),
        cmocka_unit_test(test_room_tells_relays_how_large_a_picture_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
