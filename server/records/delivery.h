/**
 * Making deliveries: takes one that is due under a lease, sends it, writes down what came of it.
 *
 * Thread: pool; blocks for as long as the receiver may take.
 */
#ifndef SERVER_RECORDS_DELIVERY_H
#define SERVER_RECORDS_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "server/store/store.h"

struct config;

struct delivery_context {
    const struct config *config;
    const unsigned char *master_key; /* opens the webhooks' secrets */
    const char *node;                /* who holds the lease */
    const char *origin;              /* https://host of our API */
    const int *stop;                 /* breaks off what is under way when it becomes 1 */
};

/** What a slow EMR or PACS may hold up, and the webhooks, which it may not: an emergency is told by them. */
enum delivery_lane { DELIVERY_RECORDS, DELIVERY_WEBHOOKS, DELIVERY_LANES };

/** Makes the one of its lane that has been due longest. false when none is due (or the store cannot be reached). */
bool delivery_make_one(struct store *store, const struct delivery_context *context, enum delivery_lane lane,
                       int64_t now);

#endif
