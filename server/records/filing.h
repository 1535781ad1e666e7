/**
 * Gathers what the record needs of a consultation, as it stands in the store now.
 *
 * Owns: the filing borrows its texts from `keep`, which filing_free frees. Thread: pool.
 */
#ifndef SERVER_RECORDS_FILING_H
#define SERVER_RECORDS_FILING_H

#include <glib.h>

#include "fhir.h"
#include "server/store/store.h"

struct filing {
    struct fhir_filing fhir;
    struct fhir_patient patient;
    struct fhir_paper minutes, addenda[FHIR_ADDENDA_MAX];
    GStringChunk *keep;
};

/** NULL with `error` set, or when there is no such consultation. `origin`: https://host of our API. */
struct filing *filing_load(struct store *store, const char *consultation, const char *origin, int64_t filed_at,
                           GError **error);
/** Takes NULL. */
void filing_free(struct filing *filing);

#endif
