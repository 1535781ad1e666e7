/**
 * The server's parts, as handed to handlers by request_server(). Made in main.c, where the order of birth and death
 * stands.
 *
 * Thread: `config` and the keys never change and may be read from any thread; everything else belongs
 * to the main loop. Pool threads get the store through request_store().
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <glib.h>

struct config;
struct pool;
struct signaling;
struct supervisor;
struct identity;
struct house_store;
struct listener;
struct static_files;
struct records;
struct renderer;

enum { SERVER_KEY_SIZE = 32 };

struct server {
    const struct config *config;
    GMainLoop *loop;
    struct pool *pool;
    struct listener *listener;
    struct static_files *files;    /* the web applications */
    struct identity *identity;     /* sessions, passwords, throttling */
    struct signaling *signaling;   /* live consultations */
    struct supervisor *supervisor; /* media workers */
    struct house_store *house;     /* what signaling asks of the store (house.c) */
    struct records *records;       /* rendering and deliveries (records/) */
    struct renderer *renderer;     /* the queue of render jobs (render.c) */
    unsigned char ticket_key[SERVER_KEY_SIZE];
    unsigned char master_key[SERVER_KEY_SIZE];  /* wraps the recordings' keys */
    unsigned char minutes_key[SERVER_KEY_SIZE]; /* says who signed minutes (records/attest.h) */
};

#endif
