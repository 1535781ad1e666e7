/*
 * A house that is a table, a media worker that speaks ipc.h over a real socket and remembers what it was asked, and
 * WebSockets that keep what they were sent: all that signaling needs around it, in one process and on one loop.
 */
#ifndef TESTS_UNIT_ROOM_BENCH_H
#define TESTS_UNIT_ROOM_BENCH_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "signaling/signaling.h"

enum { BENCH_WORKERS = 2 };

struct bench;

struct bench_worker {
    struct bench *bench;
    int number;
    char *path;
    int listen_fd, fd;
    guint listen_source, source;
    json_t *asked;    /* every request, in order */
    json_t *snapshot; /* events given to whoever attaches */
    int taps;         /* descriptors that came with tap.open */
};

struct bench {
    struct house house;
    struct signaling *signaling;
    char *dir;
    struct bench_worker workers[BENCH_WORKERS];
    json_t *people;     /* participant → {name, role, waiting_room?} */
    json_t *said;       /* what the house was told: [{"call":"joined",...}] */
    json_t *known;      /* {"photographs", "stills"} that admit tells besides; borrowed, or NULL */
    GPtrArray *clients; /* that are open; bench_destroy closes them */
    const char *still_problem;
    const char *admit_problem;
    int segments;
};

/** `workers`: how many run from the start. */
struct bench *bench_create(int workers);
void bench_destroy(struct bench *bench);
/** For cmocka: *state is a bench with one worker, and its clients are closed at the end. */
int bench_of_one(void **state);
int bench_done(void **state);
#define BENCH_OF_ONE(test) cmocka_unit_test_setup_teardown(test, bench_of_one, bench_done)
void bench_person(struct bench *bench, const char *id, const char *role);
void bench_worker_start(struct bench *bench, int number);
/** As kill -9 does: the socket closes, nothing is said. */
void bench_worker_kill(struct bench *bench, int number);
/** The same in the middle of a turn: nobody has heard of it yet. */
void bench_worker_die(struct bench *bench, int number);
/** As SIGSTOP and SIGCONT do: what it is asked waits in its socket. */
void bench_worker_stop(struct bench *bench, int number);
void bench_worker_continue(struct bench *bench, int number);
/** Signaling goes without a word and comes again, attached to the same workers with what they would tell. */
void bench_restart(struct bench *bench);
/** `meanwhile_fn` runs when the workers are attached and nothing of them has been read yet. */
void bench_restart_with(struct bench *bench, void (*meanwhile_fn)(void *arg), void *arg);
/** Runs the loop until nothing moves. */
void bench_settle(struct bench *bench);
void bench_event(struct bench *bench, int worker, json_t *event);
void bench_transport_state(struct bench *bench, int worker, const char *transport, const char *state,
                           const char *reason); /* NULL: none */
/** The n-th last request of this op (0: the last), or NULL. Borrowed. */
json_t *bench_asked(struct bench *bench, int worker, const char *op, size_t back);
size_t bench_asked_count(struct bench *bench, int worker, const char *op);
/** How often the house was told this; the last time. Borrowed. */
size_t bench_said_count(struct bench *bench, const char *what);
json_t *bench_said(struct bench *bench, const char *what);
char *bench_ticket(const char *use, const char *participant, const char *session, int64_t expires_in_s);

struct client {
    struct bench *bench;
    struct peer *peer;
    json_t *heard;
    bool closed;
    int close_code;
};

struct client *client_open(struct bench *bench);
void client_close(struct client *client);
/** Takes `message`. */
void client_say(struct client *client, json_t *message);
void client_say_text(struct client *client, const char *text);
/** The last message of this type, or NULL. Borrowed. */
json_t *client_heard(const struct client *client, const char *type);
size_t client_heard_count(const struct client *client, const char *type);
void client_forget(struct client *client);
/** Opens, joins as `participant` and settles. */
struct client *client_join(struct bench *bench, const char *participant);
/** Offers a captured SDP with microphone on mid 0 and camera on mid 1; returns the answer (borrowed). */
json_t *client_offer(struct client *client, const char *vector, unsigned generation);
/** The worker reports this client's transport connected. */
void client_connect(struct client *client, int worker);
/** Joins, offers microphone and camera as `vector` has them, and is connected at the first worker. */
struct client *client_come_with(struct bench *bench, const char *participant, const char *vector);
/** The same as Chromium does it. */
struct client *client_come(struct bench *bench, const char *participant);
/** … and first becomes known in this role. */
struct client *client_come_as(struct bench *bench, const char *participant, const char *role);
const char *text_in(const json_t *object, const char *field);
/** The slot of this kind that shows the participant in the last answer and the slots messages after it; NULL: none. */
const char *client_slot_of(const struct client *client, const char *participant, const char *kind);

#endif
