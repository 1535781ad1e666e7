#include "media/thin.h"

#include "media/codec.h"

void thin_begin(struct thin *thin)
{
    thin->point = thin->allocated;
    thin->complete = (uint16_t)~0u;
}

static bool is_complete(const struct thin *thin, unsigned point)
{
    return thin->complete >> point & 1;
}

/* The best of what the receiver can go on with and is allocated: size before rate. Where there is nothing of it, what
 * flows goes on. */
static void choose(struct thin *thin)
{
    int sid = thin->allocated / THIN_TIDS, tid = thin->allocated % THIN_TIDS;
    for (int s = sid; s >= 0; s--)
        for (int t = tid; t >= 0; t--)
            if (is_complete(thin, thin_point((unsigned)s, (unsigned)t))) {
                thin->point = thin_point((unsigned)s, (unsigned)t);
                return;
            }
}

static void note(struct thin *thin, const struct media_packet *packet, bool passes)
{
    const struct thin_marks *marks = &packet->marks;
    if (!passes)
        thin->complete &= (uint16_t)~marks->needed;
    else if (thin->complete & marks->needed)
        thin->complete |= marks->opens;
}

bool thin_passes(struct thin *thin, const struct media_packet *packet, bool newest)
{
    const struct thin_marks *marks = &packet->marks;
    if (!marks->needed)
        return true;
    if (newest && packet->start && packet->key)
        thin->complete = (uint16_t)~0u;
    if (newest && packet->start && marks->alone)
        thin->complete |= marks->opens;
    if (newest && packet->start)
        choose(thin);
    bool passes = thin_needs(thin->point, marks);
    if (newest)
        note(thin, packet, passes);
    return passes;
}

bool thin_wants_key(const struct thin *thin)
{
    unsigned sid = thin->allocated / THIN_TIDS;
    if (thin->point / THIN_TIDS == sid)
        return false;
    for (unsigned t = 0; t <= thin->allocated % THIN_TIDS; t++)
        if (is_complete(thin, thin_point(sid, t)))
            return false;
    return true;
}
