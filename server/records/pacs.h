/**
 * A still on its way to the PACS: read from the store and its sealed file, made DICOM, sent by STOW-RS.
 * Thread: pool; blocks for as long as the PACS may take. `delivery` says what came of it.
 */
#ifndef SERVER_RECORDS_PACS_H
#define SERVER_RECORDS_PACS_H

#include "delivery.h"
#include "delivery_row.h"

void pacs_deliver(struct store *store, struct delivery *delivery, const struct delivery_context *context);

#endif
