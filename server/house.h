/**
 * The house signaling lives in (signaling/house.h), kept in the store: who may come in, who was there when, consents,
 * recordings' segments and keys, chat, audit.
 *
 * Thread: main loop, unless said otherwise. What blocks goes to the pool; the calls of one house are carried out in the
 * order they were made, one after the other.
 */
#ifndef SERVER_HOUSE_H
#define SERVER_HOUSE_H

#include <stdint.h>

#include "signaling/house.h"

struct config;
struct server;
struct house_store;

/** Owns: the server owns `*result`, and destroys it after signaling and before the pool. */
int house_store_create(struct server *server, struct house_store **result);
/** Takes NULL. What was asked is still carried out by the pool. */
void house_store_destroy(struct house_store *house);
/** What signaling_create wants; lives as long as `house`. */
const struct house *house_store_calls(struct house_store *house);

/** Tells those who are in that it is over; `reason` as signaling_end takes it ("ended", "cancelled"). Thread: any. */
void house_end_live(struct server *server, const char *consultation, const char *reason);

/** News of a file for those who are in (signaling_file). Owns: takes `file`. Thread: any. */
void house_tell_file(struct server *server, const char *consultation, json_t *file);

/** [{urls, username?, credential?}] with TURN credentials of coturn's REST scheme, good for a day; empty without
 * [turn]. Reads the secret's file. Thread: pool. Caller owns it. */
json_t *house_ice_servers(const struct config *config, const char *participant, int64_t now_us);

#endif
