#include "room_bench.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>

#include "media/ipc.h"
#include "signaling/ticket.h"

static const unsigned char KEY[TICKET_KEY_SIZE] = "the room bench signs with this..";
static const char ROOM[] = "consult1";

const char *text_in(const json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));
    return text ? text : "";
}

static json_t *find_last(json_t *array, const char *field, const char *value, size_t back)
{
    for (size_t i = json_array_size(array); i > 0; i--) {
        json_t *item = json_array_get(array, i - 1);
        if (strcmp(text_in(item, field), value) == 0 && back-- == 0)
            return item;
    }
    return NULL;
}

static size_t count_all(json_t *array, const char *field, const char *value)
{
    size_t count = 0, i;
    json_t *item;
    json_array_foreach(array, i, item) count += strcmp(text_in(item, field), value) == 0;
    return count;
}

/* ---- the worker ---- */

static void worker_send(struct bench_worker *worker, json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    assert_int_equal(ipc_send(worker->fd, text, strlen(text), -1), 0);
    free(text);
    json_decref(message);
}

static json_t *credentials(struct bench_worker *worker, const char *transport)
{
    char ufrag[9];
    g_snprintf(ufrag, sizeof ufrag, "w%d%.4s%02zu", worker->number, transport,
               bench_asked_count(worker->bench, worker->number, "transport.restart"));
    return json_pack("{s:s, s:s, s:{s:s, s:s}, s:[{s:s, s:i, s:s, s:i, s:s, s:i, s:s}]}", "ufrag", ufrag, "pwd",
                     "aaaaaaaaaaaaaaaaaaaaaaaa", "fingerprint", "alg", "sha-256", "value", "AA:BB:CC", "candidates",
                     "foundation", "1", "component", 1, "protocol", "udp", "priority", 2130706431, "ip", "192.0.2.7",
                     "port", 10000, "type", "host");
}

static void worker_answer(struct bench_worker *worker, const json_t *request)
{
    const char *op = text_in(request, "op");
    json_t *answer = json_pack("{s:O, s:b}", "id", json_object_get(request, "id"), "ok", 1);
    if (strcmp(op, "hello") == 0)
        json_object_update_new(
            answer, json_pack("{s:i, s:i, s:s}", "proto", 1, "worker", worker->number, "fingerprint", "AA:BB:CC"));
    if (strcmp(op, "transport.open") == 0 || strcmp(op, "transport.restart") == 0)
        json_object_update_new(answer, credentials(worker, text_in(request, "transport")));
    worker_send(worker, answer);
    if (strcmp(op, "hello") != 0)
        return;
    size_t i;
    json_t *item;
    json_array_foreach(worker->snapshot, i, item) worker_send(worker, json_incref(item));
    worker_send(worker, json_pack("{s:s}", "event", "snapshot.end"));
}

static gboolean worker_reads(gint fd, GIOCondition condition, gpointer data)
{
    (void)condition;
    static char text[IPC_MESSAGE_MAX + 1];
    struct bench_worker *worker = data;
    int passed;
    ssize_t size = ipc_receive(fd, text, &passed);
    if (size == -EAGAIN)
        return G_SOURCE_CONTINUE;
    if (size <= 0) {
        close(worker->fd);
        worker->fd = -1;
        worker->source = 0;
        return G_SOURCE_REMOVE;
    }
    json_t *request = json_loadb(text, (size_t)size, 0, NULL);
    assert_non_null(request);
    if (strcmp(text_in(request, "op"), "tap.open") == 0) {
        assert_true(passed >= 0);
        worker->taps++;
    }
    if (passed >= 0)
        close(passed);
    json_array_append(worker->asked, request);
    worker_answer(worker, request);
    json_decref(request);
    return G_SOURCE_CONTINUE;
}

static gboolean worker_accepts(gint fd, GIOCondition condition, gpointer data)
{
    (void)condition;
    struct bench_worker *worker = data;
    worker->fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(worker->fd >= 0);
    worker->source = g_unix_fd_add(worker->fd, G_IO_IN | G_IO_HUP, worker_reads, worker);
    return G_SOURCE_CONTINUE;
}

void bench_worker_start(struct bench *bench, int number)
{
    struct bench_worker *worker = &bench->workers[number];
    worker->bench = bench;
    worker->number = number;
    worker->fd = -1;
    worker->path = g_strdup_printf("%s/%d.sock", bench->dir, number);
    worker->asked = json_array();
    worker->snapshot = json_array();
    assert_int_equal(ipc_listen(worker->path, &worker->listen_fd), 0);
    worker->listen_source = g_unix_fd_add(worker->listen_fd, G_IO_IN, worker_accepts, worker);
    assert_int_equal(signaling_worker_added(bench->signaling, number, worker->path), 0);
    bench_settle(bench);
}

void bench_worker_die(struct bench *bench, int number)
{
    struct bench_worker *worker = &bench->workers[number];
    if (worker->source)
        g_source_remove(worker->source);
    if (worker->fd >= 0)
        close(worker->fd);
    worker->source = 0;
    worker->fd = -1;
}

void bench_worker_kill(struct bench *bench, int number)
{
    struct bench_worker *worker = &bench->workers[number];
    if (!worker->path)
        return;
    g_source_remove(worker->listen_source);
    close(worker->listen_fd);
    bench_worker_die(bench, number);
    g_unlink(worker->path);
    g_free(worker->path);
    json_decref(worker->asked);
    json_decref(worker->snapshot);
    memset(worker, 0, sizeof *worker);
    bench_settle(bench);
}

void bench_worker_stop(struct bench *bench, int number)
{
    g_source_remove(bench->workers[number].source);
    bench->workers[number].source = 0;
}

void bench_worker_continue(struct bench *bench, int number)
{
    struct bench_worker *worker = &bench->workers[number];
    worker->source = g_unix_fd_add(worker->fd, G_IO_IN | G_IO_HUP, worker_reads, worker);
    bench_settle(bench);
}

void bench_event(struct bench *bench, int worker, json_t *event)
{
    worker_send(&bench->workers[worker], event);
    bench_settle(bench);
}

void bench_transport_state(struct bench *bench, int worker, const char *transport, const char *state,
                           const char *reason)
{
    bench_event(bench, worker,
                json_pack("{s:s, s:s, s:s, s:s*}", "event", "transport.state", "transport", transport, "state", state,
                          "reason", reason));
}

json_t *bench_asked(struct bench *bench, int worker, const char *op, size_t back)
{
    return find_last(bench->workers[worker].asked, "op", op, back);
}

size_t bench_asked_count(struct bench *bench, int worker, const char *op)
{
    return count_all(bench->workers[worker].asked, "op", op);
}

/* ---- the house ---- */

static json_t *note(struct bench *bench, const char *call)
{
    json_t *said = json_pack("{s:s}", "call", call);
    json_array_append_new(bench->said, said);
    return said;
}

static void put(json_t *said, const char *field, const char *text)
{
    json_object_set_new(said, field, text ? json_string(text) : json_null());
}

static void house_admit(void *arg, const char *consultation, const char *participant, house_json_fn done,
                        void *done_arg)
{
    struct bench *bench = arg;
    json_t *person = json_object_get(bench->people, participant);
    if (bench->admit_problem || !person) {
        done(done_arg, bench->admit_problem ? bench->admit_problem : "not_found", NULL);
        return;
    }
    json_t *found = json_pack("{s:{s:s, s:s, s:s, s:s}, s:O, s:b, s:[{s:[s]}]}", "consultation", "id", consultation,
                              "title", "Hội chẩn thử", "kind", "scheduled", "state", "booked", "participant", person,
                              "waiting_room", json_is_true(json_object_get(person, "waiting_room")), "ice_servers",
                              "urls", "turn:192.0.2.9");
    if (json_object_get(person, "stay"))
        json_object_set(found, "stay", json_object_get(person, "stay"));
    if (bench->known)
        json_object_update(found, bench->known);
    done(done_arg, NULL, found);
    json_decref(found);
}

static void house_joined(void *arg, const char *consultation, const char *participant, const char *session,
                         house_time_us at)
{
    (void)consultation, (void)at;
    json_t *said = note(arg, "joined");
    put(said, "participant", participant);
    put(said, "session", session);
}

static void house_away(void *arg, const char *session, house_time_us at)
{
    put(note(arg, at ? "away" : "back"), "session", session);
}

static void house_quality(void *arg, const char *session, json_t *quality)
{
    json_t *said = note(arg, "quality");
    put(said, "session", session);
    json_object_set(said, "quality", quality);
}

static void house_left(void *arg, const char *session, house_time_us at, const char *reason, json_t *quality)
{
    (void)at;
    json_t *said = note(arg, "left");
    put(said, "session", session);
    put(said, "reason", reason);
    json_object_set(said, "quality", quality);
}

static void house_started(void *arg, const char *consultation, house_time_us at)
{
    (void)consultation, (void)at;
    note(arg, "started");
}

static void house_ended(void *arg, const char *consultation, house_time_us at, const char *participant)
{
    (void)consultation, (void)at;
    put(note(arg, "ended"), "participant", participant);
}

static void house_consent(void *arg, const struct house_consent *consent, house_done_fn done, void *done_arg)
{
    json_t *said = note(arg, "consent");
    put(said, "participant", consent->participant);
    put(said, "purpose", consent->purpose);
    put(said, "said_by", consent->said_by);
    json_object_set_new(said, "granted", json_boolean(consent->granted));
    json_object_set_new(said, "for_patient", json_boolean(consent->for_patient));
    done(done_arg, NULL);
}

static void give_segment(struct bench *bench, house_segment_fn done, void *done_arg)
{
    struct house_segment segment = {.fd = open("/dev/null", O_WRONLY | O_CLOEXEC), .number = bench->segments++};
    memset(segment.chain, '0', 64);
    done(done_arg, NULL, "rec1", &segment);
}

static void house_begin(void *arg, const char *consultation, const char *participant, house_segment_fn done,
                        void *done_arg)
{
    (void)consultation;
    put(note(arg, "recording_begin"), "participant", participant);
    give_segment(arg, done, done_arg);
}

static void house_continue(void *arg, const char *recording, house_segment_fn done, void *done_arg)
{
    put(note(arg, "recording_continue"), "recording", recording);
    give_segment(arg, done, done_arg);
}

static void house_end(void *arg, const char *recording, house_time_us at)
{
    (void)at;
    put(note(arg, "recording_end"), "recording", recording);
}

static void house_chat(void *arg, const char *consultation, const char *participant, const char *text, house_time_us at)
{
    (void)consultation, (void)at, (void)participant;
    put(note(arg, "chat"), "text", text);
}

static void house_still(void *arg, const struct house_still *still, house_done_fn done, void *done_arg)
{
    struct bench *bench = arg;
    json_t *said = note(arg, "still");
    put(said, "still", still->id);
    put(said, "requested_by", still->requested_by);
    json_object_set_new(said, "size", json_integer((json_int_t)still->thumbnail_size));
    done(done_arg, bench->still_problem);
}

static void house_still_marks(void *arg, const char *consultation, const char *still, json_t *marks)
{
    (void)consultation;
    json_t *said = note(arg, "still_marks");
    put(said, "still", still);
    json_object_set(said, "drawn", marks);
}

static void house_audit(void *arg, const char *action, const char *consultation, const char *participant,
                        json_t *detail)
{
    (void)consultation, (void)participant, (void)detail;
    put(note(arg, "audit"), "action", action);
}

size_t bench_said_count(struct bench *bench, const char *what)
{
    return count_all(bench->said, "call", what);
}

json_t *bench_said(struct bench *bench, const char *what)
{
    return find_last(bench->said, "call", what, 0);
}

/* ---- the bench ---- */

static void create_signaling(struct bench *bench)
{
    const struct signaling_config config = {.house = &bench->house, .ticket_key = KEY};
    bench->signaling = signaling_create(&config);
}

struct bench *bench_create(int workers)
{
    struct bench *bench = g_new0(struct bench, 1);
    bench->dir = g_dir_make_tmp("hoichan-room-XXXXXX", NULL);
    bench->people = json_object();
    bench->said = json_array();
    bench->clients = g_ptr_array_new();
    bench->house = (struct house){.arg = bench,
                                  .admit = house_admit,
                                  .joined = house_joined,
                                  .away = house_away,
                                  .quality = house_quality,
                                  .left = house_left,
                                  .started = house_started,
                                  .ended = house_ended,
                                  .consent = house_consent,
                                  .recording_begin = house_begin,
                                  .recording_continue = house_continue,
                                  .recording_end = house_end,
                                  .chat = house_chat,
                                  .still = house_still,
                                  .still_marks = house_still_marks,
                                  .audit = house_audit};
    create_signaling(bench);
    for (int i = 0; i < workers; i++)
        bench_worker_start(bench, i);
    bench_person(bench, "lan", "doctor");
    bench_person(bench, "minh", "host");
    bench_person(bench, "hoa", "specialist");
    return bench;
}

void bench_destroy(struct bench *bench)
{
    for (guint left = bench->clients->len; left > 0; left--)
        client_close(bench->clients->pdata[left - 1]);
    g_ptr_array_free(bench->clients, TRUE);
    signaling_destroy(bench->signaling);
    bench->signaling = NULL;
    for (int i = 0; i < BENCH_WORKERS; i++)
        bench_worker_kill(bench, i);
    g_rmdir(bench->dir);
    g_free(bench->dir);
    json_decref(bench->people);
    json_decref(bench->said);
    g_free(bench);
}

int bench_of_one(void **state)
{
    *state = bench_create(1);
    return 0;
}

int bench_done(void **state)
{
    bench_destroy(*state);
    return 0;
}

void bench_person(struct bench *bench, const char *id, const char *role)
{
    json_object_set_new(bench->people, id,
                        json_pack("{s:s, s:s, s:s, s:s}", "id", id, "name", id, "role", role, "language", "vi"));
}

void bench_settle(struct bench *bench)
{
    (void)bench;
    for (int quiet = 0; quiet < 4; quiet++) {
        while (g_main_context_iteration(NULL, FALSE))
            quiet = 0;
        g_usleep(500);
    }
}

/* The snapshot that a real worker would give: what it was asked to open and not to close. */
static void take_snapshot(struct bench_worker *worker)
{
    static const char *const OPENED[][3] = {{"room.open", "snapshot.room", "room"},
                                            {"transport.open", "snapshot.transport", "transport"},
                                            {"track.open", "snapshot.track", "track"},
                                            {"slot.open", "snapshot.slot", "slot"},
                                            {"tap.open", "snapshot.recording", "recording"}};
    static const char *const CLOSED[] = {"room.close", "transport.close", "track.close", "slot.close", "tap.close"};
    json_array_clear(worker->snapshot);
    for (size_t kind = 0; kind < G_N_ELEMENTS(OPENED); kind++) {
        json_t *latest = json_object();
        size_t i;
        json_t *request;
        json_array_foreach(worker->asked, i, request)
        {
            const char *name = text_in(request, OPENED[kind][2]), *op = text_in(request, "op");
            if (strcmp(op, OPENED[kind][0]) == 0) {
                json_t *item = json_deep_copy(request);
                json_object_set_new(item, "event", json_string(OPENED[kind][1]));
                json_object_del(item, "id");
                if (kind == 1) {
                    json_object_set_new(item, "state", json_string("connected"));
                    json_object_update_new(item, credentials(worker, name));
                }
                json_object_set_new(latest, name, item);
            } else if (strcmp(op, CLOSED[kind]) == 0) {
                json_object_del(latest, name);
            } else if (strcmp(op, "slot.assign") == 0 && kind == 3 && json_object_get(latest, name)) {
                json_object_update(json_object_get(latest, name), request);
                json_object_set_new(json_object_get(latest, name), "event", json_string(OPENED[kind][1]));
                json_object_set_new(json_object_get(latest, name), "state", json_string("live"));
                json_object_del(json_object_get(latest, name), "id");
            } else if (strcmp(op, "transport.remote") == 0 && kind == 1 && json_object_get(latest, name)) {
                json_object_set(json_object_get(latest, name), "remote_ufrag", json_object_get(request, "ufrag"));
            }
        }
        const char *key;
        json_object_foreach(latest, key, request) json_array_append(worker->snapshot, request);
        json_decref(latest);
    }
}

void bench_restart_with(struct bench *bench, void (*meanwhile_fn)(void *arg), void *arg)
{
    signaling_destroy(bench->signaling);
    bench_settle(bench);
    create_signaling(bench);
    for (int i = 0; i < BENCH_WORKERS; i++) {
        if (!bench->workers[i].path)
            continue;
        take_snapshot(&bench->workers[i]);
        json_array_clear(bench->workers[i].asked);
        assert_int_equal(signaling_worker_added(bench->signaling, i, bench->workers[i].path), 0);
    }
    if (meanwhile_fn)
        meanwhile_fn(arg);
    bench_settle(bench);
}

void bench_restart(struct bench *bench)
{
    bench_restart_with(bench, NULL, NULL);
}

char *bench_ticket(const char *use, const char *participant, const char *session, int64_t expires_in_s)
{
    struct ticket ticket = {.expires_s = g_get_real_time() / G_USEC_PER_SEC + expires_in_s};
    strcpy(ticket.use, use);
    strcpy(ticket.consultation, ROOM);
    strcpy(ticket.participant, participant);
    strcpy(ticket.role, "doctor");
    strcpy(ticket.session, session ? session : "");
    return ticket_make(&ticket, KEY);
}

/* ---- clients ---- */

static void on_send(void *arg, const char *text, size_t size)
{
    struct client *client = arg;
    json_t *message = json_loadb(text, size, 0, NULL);
    assert_non_null(message);
    assert_false(client->closed);
    json_array_append_new(client->heard, message);
}

static void on_close(void *arg, int code)
{
    struct client *client = arg;
    client->closed = true;
    client->close_code = code;
}

struct client *client_open(struct bench *bench)
{
    struct client *client = g_new0(struct client, 1);
    client->bench = bench;
    client->heard = json_array();
    const struct peer_io io = {.send_fn = on_send, .close_fn = on_close, .arg = client, .language = "en-GB"};
    client->peer = signaling_peer_opened(bench->signaling, &io);
    g_ptr_array_add(bench->clients, client);
    return client;
}

void client_close(struct client *client)
{
    struct bench *bench = client->bench;
    g_ptr_array_remove_fast(bench->clients, client);
    if (client->peer && bench->signaling)
        signaling_peer_closed(client->peer);
    json_decref(client->heard);
    g_free(client);
    if (bench->signaling)
        bench_settle(bench);
}

void client_say_text(struct client *client, const char *text)
{
    signaling_peer_message(client->peer, text, strlen(text));
    bench_settle(client->bench);
}

void client_say(struct client *client, json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    client_say_text(client, text);
    free(text);
}

json_t *client_heard(const struct client *client, const char *type)
{
    return find_last(client->heard, "type", type, 0);
}

size_t client_heard_count(const struct client *client, const char *type)
{
    return count_all(client->heard, "type", type);
}

void client_forget(struct client *client)
{
    json_array_clear(client->heard);
}

struct client *client_join(struct bench *bench, const char *participant)
{
    struct client *client = client_open(bench);
    char *ticket = bench_ticket("join", participant, NULL, 60);
    client_say(client, json_pack("{s:s, s:i, s:s}", "type", "join", "id", 1, "ticket", ticket));
    free(ticket);
    return client;
}

json_t *client_offer(struct client *client, const char *vector, unsigned generation)
{
    char *path = g_strdup_printf("tests/vectors/sdp/%s.sdp", vector), *sdp = NULL;
    assert_true(g_file_get_contents(path, &sdp, NULL, NULL));
    client_say(client, json_pack("{s:s, s:i, s:i, s:s, s:[{s:s, s:s}, {s:s, s:s}]}", "type", "offer", "id", 2,
                                 "generation", (int)generation, "sdp", sdp, "tracks", "mid", "0", "source",
                                 "microphone", "mid", "1", "source", "camera"));
    g_free(sdp);
    g_free(path);
    return client_heard(client, "answer");
}

void client_connect(struct client *client, int worker)
{
    struct bench *bench = client->bench;
    const char *transport = text_in(bench_asked(bench, worker, "transport.open", 0), "transport");
    bench_event(bench, worker,
                json_pack("{s:s, s:s, s:s, s:{s:s}}", "event", "transport.state", "transport", transport, "state",
                          "connected", "path", "protocol", "udp"));
}

struct client *client_come_with(struct bench *bench, const char *participant, const char *vector)
{
    struct client *client = client_join(bench, participant);
    client_offer(client, vector, 1);
    client_connect(client, 0);
    return client;
}

struct client *client_come(struct bench *bench, const char *participant)
{
    return client_come_with(bench, participant, "chromium-join");
}

struct client *client_come_as(struct bench *bench, const char *participant, const char *role)
{
    bench_person(bench, participant, role);
    return client_come(bench, participant);
}

const char *client_slot_of(const struct client *client, const char *participant, const char *kind)
{
    json_t *slots = json_object(), *slot;
    const char *mid, *found = NULL;
    size_t i, j;
    json_t *message;
    json_array_foreach(client->heard, i, message)
    {
        if (strcmp(text_in(message, "type"), "answer") == 0)
            json_object_clear(slots);
        json_array_foreach(json_object_get(message, "slots"), j, slot)
            json_object_set(slots, text_in(slot, "mid"), slot);
    }
    json_object_foreach(slots, mid, slot) if (strcmp(text_in(slot, "participant"), participant) == 0 &&
                                              strcmp(text_in(slot, "kind"), kind) == 0) found = text_in(slot, "mid");
    static char copy[32];
    g_strlcpy(copy, found ? found : "", sizeof copy);
    json_decref(slots);
    return found ? copy : NULL;
}
