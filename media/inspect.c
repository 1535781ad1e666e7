#include "media/inspect.h"

#include <errno.h>
#include <string.h>

#include "media/h264.h"
#include "media/vp8.h"
#include "media/vp9.h"

static int look_vp8(struct media_packet *packet)
{
    struct vp8_descriptor vp8;
    int result = vp8_parse(packet->payload, packet->payload_size, &vp8);
    packet->picture = vp8.picture;
    packet->start = vp8.start;
    packet->key = vp8.key;
    packet->width = vp8.width;
    packet->height = vp8.height;
    if (!vp8.has_tid)
        return result;
    packet->marks = (struct thin_marks){.tid = vp8.tid,
                                        .needed = thin_above(0, vp8.tid),
                                        .opens = vp8.sync ? thin_at_rate(vp8.tid) : 0,
                                        .alone = vp8.sync};
    return result;
}

static int look_h264(struct media_packet *packet)
{
    struct h264_info info;
    int result = h264_parse(packet->payload, packet->payload_size, &info);
    packet->start = packet->key = info.key;
    packet->width = info.width;
    packet->height = info.height;
    return result;
}

/* ---- VP9 ---- */

static void take_vp9_structure(struct inspector *inspector, const struct vp9_structure *structure)
{
    inspector->layers = structure->layers < THIN_SIDS ? structure->layers : THIN_SIDS;
    for (int i = 0; i < inspector->layers; i++) {
        inspector->width[i] = structure->width[i];
        inspector->height[i] = structure->height[i];
    }
}

/* A frame that no other spatial layer is predicted from is of use to those alone who show its own; the highest is for all
 * who would show a higher one too. */
static void mark_vp9(const struct inspector *inspector, const struct vp9_descriptor *vp9, struct thin_marks *marks)
{
    bool top = inspector->layers == 0 || vp9->sid + 1 >= inspector->layers;
    marks->sid = vp9->sid;
    marks->tid = vp9->tid;
    marks->end = vp9->end;
    marks->needed = thin_above(vp9->sid, vp9->tid);
    if (vp9->never_inter_layer && !top)
        marks->needed = thin_beside(vp9->sid, vp9->tid);
    if (vp9->switch_up)
        marks->opens = inspector->layers > 1 ? thin_beside(vp9->sid, vp9->tid + 1u) : thin_above(0, vp9->tid + 1u);
}

static int look_vp9(struct inspector *inspector, struct media_packet *packet, bool newest)
{
    struct vp9_descriptor vp9;
    int result = vp9_parse(packet->payload, packet->payload_size, &vp9);
    if (result < 0)
        return result;
    if (newest && vp9.structure.layers)
        take_vp9_structure(inspector, &vp9.structure);
    packet->picture = vp9.picture;
    packet->start = vp9.start && vp9.sid == 0;
    packet->key = packet->start && !vp9.predicted;
    packet->width = vp9.width;
    packet->height = vp9.height;
    if (vp9.layered)
        mark_vp9(inspector, &vp9, &packet->marks);
    return 0;
}

/* ---- AV1 ---- */

/* The largest of the targets that are produced and do not exceed the point. */
static uint8_t best_target(const struct dependency_structure *structure, uint32_t active, unsigned sid, unsigned tid)
{
    int best = -1;
    for (int i = 0; i < structure->target_count; i++) {
        const uint8_t *sids = structure->target_sids, *tids = structure->target_tids;
        if (!(active >> i & 1) || sids[i] > sid || (tids[i] > tid && tid < THIN_TIDS - 1))
            continue;
        if (best < 0 || sids[i] > sids[best] || (sids[i] == sids[best] && tids[i] > tids[best]))
            best = i;
    }
    return best < 0 ? INSPECT_NO_TARGET : (uint8_t)best;
}

static void take_targets(struct inspector *inspector, uint32_t active)
{
    const struct dependency_structure *structure = &inspector->structure;
    inspector->layers = 0;
    for (unsigned sid = 0; sid < THIN_SIDS; sid++)
        for (unsigned tid = 0; tid < THIN_TIDS; tid++)
            inspector->target_of[thin_point(sid, tid)] = best_target(structure, active, sid, tid);
    for (int i = 0; i < structure->target_count; i++)
        if (active >> i & 1 && structure->target_sids[i] >= inspector->layers)
            inspector->layers = (uint8_t)(structure->target_sids[i] + 1);
    memcpy(inspector->width, structure->width, sizeof inspector->width);
    memcpy(inspector->height, structure->height, sizeof inspector->height);
}

/* While a point's own spatial layer is not produced, a smaller target serves it, which says nothing of going on with that
 * layer. */
static bool is_own_target(const struct inspector *inspector, unsigned point)
{
    unsigned sid = point / THIN_TIDS, highest = inspector->structure.layers - 1u;
    return inspector->structure.target_sids[inspector->target_of[point]] == (sid < highest ? sid : highest);
}

static void mark_av1(const struct inspector *inspector, const struct dependency *dependency, struct thin_marks *marks)
{
    marks->sid = dependency->sid;
    marks->tid = dependency->tid;
    marks->end = dependency->end;
    for (unsigned point = 0; point < THIN_POINTS; point++) {
        uint8_t target = inspector->target_of[point];
        enum dependency_indication indication = target == INSPECT_NO_TARGET
                                                    ? DEPENDENCY_REQUIRED
                                                    : dependency_for(dependency->indications, target);
        marks->needed |= (uint16_t)((indication != DEPENDENCY_ABSENT) << point);
        marks->opens |= (uint16_t)((indication == DEPENDENCY_SWITCH && is_own_target(inspector, point)) << point);
    }
}

static bool read_descriptor(struct inspector *inspector, const struct media_packet *packet, bool newest,
                            struct dependency *dependency)
{
    const struct dependency_structure *known = inspector->has_structure ? &inspector->structure : NULL;
    struct dependency_structure fresh;
    if (!packet->descriptor ||
        dependency_parse(packet->descriptor, packet->descriptor_size, known, &fresh, dependency) < 0)
        return false;
    if (newest && dependency->has_structure) {
        inspector->structure = fresh;
        inspector->has_structure = true;
        take_targets(inspector, dependency->has_active ? dependency->active : UINT32_MAX);
    } else if (newest && dependency->has_active) {
        take_targets(inspector, dependency->active);
    }
    return inspector->has_structure;
}

/* The aggregation header (§4.4) is Z|Y|W W|N: Z goes on with what the packet before began, N begins a coded video sequence.
 * Which frame the packet is of, only the descriptor tells. */
static int look_av1(struct inspector *inspector, struct media_packet *packet, bool newest)
{
    struct dependency dependency;
    if (packet->payload_size < 1)
        return -EBADMSG;
    packet->start = !(packet->payload[0] >> 7);
    if (read_descriptor(inspector, packet, newest, &dependency)) {
        packet->start = dependency.start && dependency.sid == 0;
        packet->picture = (struct picture_fields){.picture_id = dependency.frame_number, .bits = 16, .gaps = true};
        mark_av1(inspector, &dependency, &packet->marks);
    }
    packet->key = packet->start && packet->payload[0] >> 3 & 1;
    return 0;
}

/* ----  ---- */

/* Of a picture of several layers, the size is the highest one's. */
static void take_size(const struct inspector *inspector, struct media_packet *packet)
{
    if (inspector->layers == 0 || !packet->start || !packet->key || !inspector->width[inspector->layers - 1])
        return;
    packet->width = inspector->width[inspector->layers - 1];
    packet->height = inspector->height[inspector->layers - 1];
}

int inspector_look(struct inspector *inspector, struct media_packet *packet, bool newest)
{
    int result = 0;
    packet->start = packet->key = false;
    packet->width = packet->height = 0;
    packet->marks = (struct thin_marks){0};
    packet->picture = (struct picture_fields){0};
    switch (packet->codec) {
    case CODEC_VP8:
        return look_vp8(packet);
    case CODEC_H264:
        return look_h264(packet);
    case CODEC_VP9:
        result = look_vp9(inspector, packet, newest);
        break;
    case CODEC_AV1:
        result = look_av1(inspector, packet, newest);
        break;
    default:
        packet->start = packet->key = true;
        return 0;
    }
    take_size(inspector, packet);
    return result;
}
