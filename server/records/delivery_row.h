/**
 * A delivery under way: what delivery.c took from the outbox, and what the one who sends it says came of it.
 * Inside records/ only.
 */
#ifndef SERVER_RECORDS_DELIVERY_ROW_H
#define SERVER_RECORDS_DELIVERY_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "server/store/store.h"

enum { DELIVERY_REASON_SIZE = 400 };

enum delivery_kind { DELIVERY_FHIR, DELIVERY_DICOM, DELIVERY_WEBHOOK };
enum delivery_outcome { DELIVERED, REFUSED, TRY_LATER };

struct delivery {
    char id[STORE_ID_SIZE];
    bool found;
    enum delivery_kind kind;
    char *event, *consultation, *file, *webhook, *target, *payload;
    int64_t failures, created_at;
    enum delivery_outcome outcome;
    char reason[DELIVERY_REASON_SIZE];
};

#endif
