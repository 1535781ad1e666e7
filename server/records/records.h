/**
 * What happens after a consultation by itself: recordings are rendered, deliveries made, what a crash left open is
 * closed. All of it is rows in the store with a lease on them; this worker takes what is due, so any node may die at
 * any point and another, or the next start, goes on.
 *
 * Thread: main loop; the blocking steps go to the pool.
 */
#ifndef SERVER_RECORDS_RECORDS_H
#define SERVER_RECORDS_RECORDS_H

struct server;
struct records;

/** Owns: the server owns `*result`; destroy it before the pool. Nothing starts before the main loop runs. */
int records_create(struct server *server, struct records **result);
/** Something may be due now. */
void records_kick(struct records *records);
/** Takes NULL. Stops a running renderer (the next start goes on) and waits for deliveries under way. */
void records_destroy(struct records *records);

#endif
