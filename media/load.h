/**
 * How busy this worker is: the `load` event each second, and the worker's part of `stats`. Busy is also who waits for a core
 * that others have: other workers, other programs.
 */
#ifndef MEDIA_LOAD_H
#define MEDIA_LOAD_H

#include <jansson.h>
#include <stdint.h>

struct control;
struct load;
struct loop;
struct transport_set;

/** Opens what it reads from later, so it belongs before the sandbox. */
int load_create(struct loop *loop, struct control *control, struct transport_set *transports, struct load **out);
/** Takes NULL. */
void load_destroy(struct load *load);

/** How rooms are counted; set by the routing side. */
void load_set_rooms(struct load *load, size_t (*rooms_fn)(void *arg), void *arg);

/** {cpu_permille, waiting_permille, open_rooms, timers, rss_bytes, rx_packets, tx_packets, rx_bytes, tx_bytes}. Owns: the caller owns it. */
json_t *load_json(struct load *load);

#endif
