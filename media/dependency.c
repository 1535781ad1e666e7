#include "media/dependency.h"

#include <errno.h>
#include <string.h>

#include "media/wire.h"

enum { MANDATORY_BYTES = 3, NEXT_TEMPORAL = 1, NEXT_SPATIAL = 2, NO_MORE_LAYERS = 3 };

struct bits {
    const uint8_t *data;
    size_t at, end; /* in bits */
    bool overrun;
};

static uint32_t take(struct bits *bits, unsigned count)
{
    uint32_t value = 0;
    if (bits->end - bits->at < count) {
        bits->overrun = true;
        bits->at = bits->end;
        return 0;
    }
    for (; count > 0; count--, bits->at++)
        value = value << 1 | (bits->data[bits->at / 8] >> (7 - bits->at % 8) & 1u);
    return value;
}

/* ns(n): one of n values, the lower ones in a bit less. */
static uint32_t take_one_of(struct bits *bits, uint32_t n)
{
    unsigned width = 0;
    for (uint32_t left = n; left; left >>= 1)
        width++;
    uint32_t shorter = (1u << width) - n, value = take(bits, width - 1);
    return value < shorter ? value : (value << 1) - shorter + take(bits, 1);
}

/* ---- the structure ---- */

static int take_layers(struct bits *bits, struct dependency_structure *structure)
{
    uint8_t sid = 0, tid = 0;
    for (;;) {
        if (structure->template_count == DEPENDENCY_TEMPLATES_MAX || sid >= DEPENDENCY_SIDS_MAX)
            return -EBADMSG;
        structure->sids[structure->template_count] = sid;
        structure->tids[structure->template_count++] = tid;
        uint32_t next = take(bits, 2);
        if (next == NO_MORE_LAYERS || bits->overrun)
            break;
        tid = next == NEXT_TEMPORAL ? (uint8_t)(tid + 1) : next == NEXT_SPATIAL ? 0 : tid;
        sid = next == NEXT_SPATIAL ? (uint8_t)(sid + 1) : sid;
    }
    structure->layers = (uint8_t)(sid + 1);
    return 0;
}

static uint64_t take_indications(struct bits *bits, unsigned targets)
{
    uint64_t indications = 0;
    for (unsigned i = 0; i < targets; i++)
        indications |= (uint64_t)take(bits, 2) << 2 * i;
    return indications;
}

static void add_reference(struct bits *bits, struct dependency_references *references, uint32_t back)
{
    if (references->count == DEPENDENCY_REFERENCES_MAX)
        bits->overrun = true;
    else
        references->back[references->count++] = (uint16_t)back;
}

static void take_template_references(struct bits *bits, struct dependency_references *references)
{
    while (!bits->overrun && take(bits, 1))
        add_reference(bits, references, take(bits, 4) + 1);
}

static void skip_template_chains(struct bits *bits, struct dependency_structure *structure)
{
    structure->chain_count = (uint8_t)take_one_of(bits, structure->target_count + 1u);
    if (structure->chain_count == 0)
        return;
    for (unsigned i = 0; i < structure->target_count; i++)
        take_one_of(bits, structure->chain_count);
    for (unsigned i = 0; i < structure->template_count; i++)
        for (unsigned k = 0; k < structure->chain_count; k++)
            take(bits, 4);
}

/* A target is as large and as frequent as the frames it needs. */
static void derive_targets(struct dependency_structure *structure)
{
    for (unsigned target = 0; target < structure->target_count; target++)
        for (unsigned i = 0; i < structure->template_count; i++) {
            if (dependency_for(structure->indications[i], target) == DEPENDENCY_ABSENT)
                continue;
            if (structure->sids[i] > structure->target_sids[target])
                structure->target_sids[target] = structure->sids[i];
            if (structure->tids[i] > structure->target_tids[target])
                structure->target_tids[target] = structure->tids[i];
        }
}

static void take_sizes(struct bits *bits, struct dependency_structure *structure)
{
    structure->has_sizes = take(bits, 1);
    for (unsigned i = 0; i < structure->layers && structure->has_sizes; i++) {
        structure->width[i] = (uint16_t)(take(bits, 16) + 1);
        structure->height[i] = (uint16_t)(take(bits, 16) + 1);
    }
}

static int take_structure(struct bits *bits, struct dependency_structure *structure)
{
    memset(structure, 0, sizeof *structure);
    structure->offset = (uint8_t)take(bits, 6);
    structure->target_count = (uint8_t)(take(bits, 5) + 1);
    if (take_layers(bits, structure) < 0)
        return -EBADMSG;
    for (unsigned i = 0; i < structure->template_count; i++)
        structure->indications[i] = take_indications(bits, structure->target_count);
    for (unsigned i = 0; i < structure->template_count; i++)
        take_template_references(bits, &structure->references[i]);
    skip_template_chains(bits, structure);
    derive_targets(structure);
    take_sizes(bits, structure);
    return bits->overrun ? -EBADMSG : 0;
}

/* ---- a frame ---- */

static void take_references(struct bits *bits, struct dependency_references *references)
{
    references->count = 0;
    for (uint32_t nibbles = take(bits, 2); nibbles && !bits->overrun; nibbles = take(bits, 2))
        add_reference(bits, references, take(bits, 4 * nibbles) + 1);
}

static void skip_chains(struct bits *bits, unsigned chains)
{
    for (unsigned i = 0; i < chains; i++)
        take(bits, 8);
}

struct extended {
    bool own_indications, own_references, own_chains;
};

static int take_extended(struct bits *bits, const struct dependency_structure **known,
                         struct dependency_structure *fresh, struct extended *extended, struct dependency *dependency)
{
    dependency->has_structure = take(bits, 1);
    dependency->has_active = take(bits, 1);
    extended->own_indications = take(bits, 1);
    extended->own_references = take(bits, 1);
    extended->own_chains = take(bits, 1);
    if (dependency->has_structure) {
        if (take_structure(bits, fresh) < 0)
            return -EBADMSG;
        *known = fresh;
    }
    if (!*known)
        return -ENOENT;
    if (dependency->has_active)
        dependency->active = take(bits, (*known)->target_count);
    return 0;
}

static int take_frame(struct bits *bits, const struct dependency_structure *structure, const struct extended *extended,
                      uint8_t template_id, struct dependency *dependency)
{
    unsigned index = (template_id + 64u - structure->offset) % 64;
    if (index >= structure->template_count)
        return -ENOENT;
    dependency->sid = structure->sids[index];
    dependency->tid = structure->tids[index];
    dependency->indications = structure->indications[index];
    dependency->references = structure->references[index];
    if (extended->own_indications)
        dependency->indications = take_indications(bits, structure->target_count);
    if (extended->own_references)
        take_references(bits, &dependency->references);
    if (extended->own_chains)
        skip_chains(bits, structure->chain_count);
    return bits->overrun ? -EBADMSG : 0;
}

int dependency_parse(const uint8_t *data, size_t size, const struct dependency_structure *known,
                     struct dependency_structure *fresh, struct dependency *dependency)
{
    struct bits bits = {.data = data, .at = 8 * MANDATORY_BYTES, .end = 8 * size};
    struct extended extended = {0};
    memset(dependency, 0, sizeof *dependency);
    if (size < MANDATORY_BYTES)
        return -EBADMSG;
    dependency->start = data[0] >> 7;
    dependency->end = data[0] >> 6 & 1;
    dependency->frame_number = wire_get16(data + 1);
    if (size > MANDATORY_BYTES) {
        int error = take_extended(&bits, &known, fresh, &extended, dependency);
        if (error < 0)
            return error;
    }
    return known ? take_frame(&bits, known, &extended, data[0] & 63, dependency) : -ENOENT;
}
