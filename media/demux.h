/**
 * Tells what arrives apart (RFC 7983) and whose it is: STUN by the local ufrag it claims, everything else by the path
 * it came on, which a transport binds only after that path has been authenticated. Media on a path that is nobody's may be
 * a peer's whose address has just changed: whose is found by the SSRC, which a transport adds only after packets of it have
 * been authenticated. What nobody owns costs two look-ups.
 */
#ifndef MEDIA_DEMUX_H
#define MEDIA_DEMUX_H

#include <stddef.h>
#include <stdint.h>

#include "media/path.h"

enum demux_kind { DEMUX_STUN, DEMUX_DTLS, DEMUX_RTP, DEMUX_RTCP, DEMUX_KINDS, DEMUX_UNKNOWN = DEMUX_KINDS };

/** By its first bytes (RFC 7983 §7, RFC 5761 §4). */
enum demux_kind demux_classify(const uint8_t *packet, size_t size);

enum { DEMUX_SSRC_OWNERS_MAX = 4 };

struct demux;

int demux_create(struct demux **out);
void demux_destroy(struct demux *demux);

/** `owner` takes what claims `ufrag`. Errors: -EEXIST, -ENOMEM. */
int demux_add_ufrag(struct demux *demux, const char *ufrag, void *owner);
void demux_remove_ufrag(struct demux *demux, const char *ufrag);
void *demux_find_ufrag(const struct demux *demux, const char *ufrag, size_t size);

/** `owner` takes what comes on `path`; a path that was another's becomes its. Errors: -ENOMEM. */
int demux_bind(struct demux *demux, const struct path *path, void *owner);
/** Only when it is still `owner`'s. */
void demux_unbind(struct demux *demux, const struct path *path, const void *owner);
void *demux_find_path(const struct demux *demux, const struct path *path);

/**
 * `owner` may be whom packets of `ssrc` belong to. Peers choose theirs by themselves: several may have the same.
 * Errors: -ENOSPC when DEMUX_SSRC_OWNERS_MAX have it, -ENOMEM.
 */
int demux_add_ssrc(struct demux *demux, uint32_t ssrc, void *owner);
void demux_remove_ssrc(struct demux *demux, uint32_t ssrc, const void *owner);
/** All who may own it; the result is how many. */
size_t demux_find_ssrc(const struct demux *demux, uint32_t ssrc, void *owners[DEMUX_SSRC_OWNERS_MAX]);

#endif
