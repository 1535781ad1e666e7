/**
 * The transactional outbox: what must reach somebody outside is written in the transaction of the event it tells of,
 * and delivered afterwards (delivery.h) for as long as it takes.
 *
 *     waiting ──► delivering ──► delivered
 *        ▲            │
 *        └─ backoff ──┴──► failed (given up after days) ──► waiting again, by hand
 *
 * Thread: pool threads, inside the event's transaction. Errors: false with `error` set.
 */
#ifndef SERVER_RECORDS_OUTBOX_H
#define SERVER_RECORDS_OUTBOX_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/store/store.h"

/** Stands in `once` of a filing that has the signed minutes in it; the number of their addenda follows. */
#define OUTBOX_WITH_MINUTES ":signed"

/** One delivery for each webhook that wants `event`: consultation.booked, .started, .ended, .cancelled,
 * recording.ready, minutes.signed. `recording` may be NULL. */
bool outbox_event(struct store *store, const char *event, const char *consultation, const char *recording, int64_t now,
                  GError **error);
/** The same of emergency.called: told once for each call. */
bool outbox_emergency(struct store *store, const char *consultation, const char *call, int64_t now, GError **error);
/** The same of minutes.addendum: told once for each number. */
bool outbox_addendum(struct store *store, const char *consultation, int64_t number, int64_t now, GError **error);

/** The same of record.filed: told once for each state of the record that the EMR has taken, of which `delivery` is one. */
bool outbox_filed(struct store *store, const char *delivery, int64_t now, GError **error);

/** Files the consultation in the EMR, once for each state worth filing: when it has ended or has a finished recording,
 * and no recording is still being made (an emergency that has no patient yet waits for one); again when a still has come, or has been drawn on, after its end, and when the
 * minutes have been signed and with each addendum to them. When it has ended and has a patient, each still goes to the PACS by
 * itself. What still waits to be sent takes in what is new, and is due now. Does nothing where none is configured. */
bool outbox_file(struct store *store, const char *consultation, int64_t now, GError **error);

/** Remembers where the EMR and the PACS are (NULL or "": there is none), so that every transaction on every node sees it. */
bool outbox_configure(struct store *store, const char *fhir_base, const char *dicomweb, GError **error);

/** By hand: due now, with all tries ahead. `*found` is false when there is no such delivery or it is under way. */
bool outbox_retry(struct store *store, const char *id, int64_t now, bool *found, GError **error);

/** When to try again after so many failures, in seconds: doubled each time up to hours, spread by `random` (0..1) so
 * that a returning EMR is not met by all at once; -1: given up, after about three days. Pure. */
int64_t outbox_backoff_s(int64_t failures, double random);

#endif
