/**
 * "Why is it frozen": from what is known of a picture and of the two lines it travels over to one cause, and from a
 * cause to one line for the person in front of it: what happened, what was kept, what one can do.
 *
 * Pure. The same table speaks to the viewer ("bạn", "you") and to the operator (by name).
 */
#ifndef SIGNALING_WHY_H
#define SIGNALING_WHY_H

#include <stdbool.h>
#include <stdint.h>

enum why {
    WHY_NOTHING, /* all is as it should be */
    WHY_OPENING, /* so far there is nothing to explain */
    /* a picture */
    WHY_VIEWER_LOST,
    WHY_SOURCE_LOST,
    WHY_SOURCE_OFF,
    WHY_HIDDEN,
    WHY_SOURCE_LOSS,
    WHY_SOURCE_SLOW,
    WHY_SOURCE_SILENT,
    WHY_HELD,
    WHY_STILLS,
    WHY_SMALLER,
    WHY_VIEWER_LOSS,
    WHY_VIEWER_SLOW,
    WHY_SERVER_BUSY,    /* the worker needs all of its core */
    WHY_SERVER_STARVED, /* … waits for one that others have */
    /* a participant's own line */
    WHY_LINE_LOST,
    WHY_LINE_UP_LOSS,
    WHY_LINE_DOWN_LOSS,
    WHY_LINE_NARROW,
    WHY_LINE_DELAY,
    WHY_LINE_SLOW,
    WHY_LINE_DETOUR,
    WHY_COUNT
};

enum why_picture { WHY_PICTURE_WAITING, WHY_PICTURE_MOVES, WHY_PICTURE_SMALLER, WHY_PICTURE_STILLS, WHY_PICTURE_HELD };

/** One end of the way: a participant's line and machine, as told last; −1: not known. */
struct why_side {
    bool lost;                /* neither sends nor receives */
    int64_t loss_permille;    /* of what was sent, before any repair: up for a source, down for a viewer */
    int64_t missing_permille; /* … what no repair brought back; for a source */
    int64_t estimate_bps;     /* what its way down carries */
    int64_t rtt_ms;
    bool slow;      /* the machine cannot keep up: coding for a source, showing for a viewer */
    bool is_frozen; /* the viewer reported pictures that stood still */
};

struct why_facts {
    enum why_picture picture;
    bool off, silent; /* the camera is switched off; is on, and sends nothing */
    bool hidden;      /* the viewer wants it so */
    bool server_busy, server_starved;
    struct why_side source, viewer;
};
enum why why_picture(const struct why_facts *facts);

struct why_line_facts {
    bool lost, short_of_bandwidth, slow, detour; /* detour: not over UDP */
    bool server_busy, server_starved;
    int64_t up_loss_permille, down_loss_permille, rtt_ms;
};
enum why why_line(const struct why_line_facts *facts);

/** For interfaces and metrics: "source-loss", …; "none" for WHY_NOTHING. */
const char *why_code(enum why why);

/** Who and how much; names NULL for the reader ("bạn", "you"). */
struct why_words {
    const char *source, *viewer;
    int64_t loss_permille, bps, rtt_ms;
};
/** One line in "vi" or "en", NULL when there is nothing to explain. Owns: the caller frees it (g_free). */
char *why_text(enum why why, const char *language, const struct why_words *words);

#endif
