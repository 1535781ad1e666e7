/**
 * The dependency descriptor, a header extension that tells of each packet which decode targets need its frame ("RTP Payload
 * Format For AV1", v1.0.0, appendix A.8): who needs it, who may begin with it, which frames it refers to. Chains are read
 * over.
 *
 * Pure code.
 */
#ifndef MEDIA_DEPENDENCY_H
#define MEDIA_DEPENDENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DEPENDENCY_TEMPLATES_MAX = 64,
    DEPENDENCY_TARGETS_MAX = 32,
    DEPENDENCY_SIDS_MAX = 4,
    DEPENDENCY_REFERENCES_MAX = 8, /* AV1 has seven */
};

enum dependency_indication { DEPENDENCY_ABSENT, DEPENDENCY_DISCARDABLE, DEPENDENCY_SWITCH, DEPENDENCY_REQUIRED };

/** How many frames back each frame is that this one refers to. */
struct dependency_references {
    uint8_t count;
    uint16_t back[DEPENDENCY_REFERENCES_MAX];
};

/** What comes with a key frame and holds until the next that brings one. */
struct dependency_structure {
    uint8_t offset; /* of its templates' ids */
    uint8_t template_count, target_count, chain_count;
    uint8_t sids[DEPENDENCY_TEMPLATES_MAX], tids[DEPENDENCY_TEMPLATES_MAX];
    uint64_t indications[DEPENDENCY_TEMPLATES_MAX]; /* two bits for each target */
    struct dependency_references references[DEPENDENCY_TEMPLATES_MAX];
    uint8_t target_sids[DEPENDENCY_TARGETS_MAX], target_tids[DEPENDENCY_TARGETS_MAX];
    uint8_t layers; /* spatial ones */
    bool has_sizes;
    uint16_t width[DEPENDENCY_SIDS_MAX], height[DEPENDENCY_SIDS_MAX];
};

struct dependency {
    bool start, end; /* of a frame */
    bool has_structure;
    bool has_active;
    uint16_t frame_number;
    uint32_t active; /* targets that are produced at present, a bit each */
    uint8_t sid, tid;
    uint64_t indications;
    struct dependency_references references;
};

/**
 * `known` is the structure that holds, NULL before there is one; one that comes in this packet is put into `fresh`.
 * Errors: -EBADMSG; -ENOENT when the packet refers to a structure that is not known.
 */
int dependency_parse(const uint8_t *data, size_t size, const struct dependency_structure *known,
                     struct dependency_structure *fresh, struct dependency *dependency);

static inline enum dependency_indication dependency_for(uint64_t indications, unsigned target)
{
    return (enum dependency_indication)(indications >> 2 * target & 3);
}

#endif
