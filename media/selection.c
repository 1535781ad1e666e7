#include "media/selection.h"

enum selection_state selection_state(const struct selection *selection)
{
    if (selection->following)
        return SELECTION_FOLLOWING;
    if (!selection->selected)
        return SELECTION_NONE;
    return selection->settled ? SELECTION_SETTLED : SELECTION_TENTATIVE;
}

const struct path *selection_path(const struct selection *selection)
{
    if (selection->following)
        return &selection->followed;
    return selection->selected ? &selection->selected->path : NULL;
}

/* ---- proven paths ---- */

/* The selected one first: most of what comes comes by it. */
static struct proven_path *find(struct selection *selection, const struct path *path)
{
    if (selection->selected && path_equal(&selection->selected->path, path))
        return selection->selected;
    for (size_t i = 0; i < selection->count; i++)
        if (path_equal(&selection->proven[i].path, path))
            return &selection->proven[i];
    return NULL;
}

bool selection_has_proven(const struct selection *selection, const struct path *path)
{
    for (size_t i = 0; i < selection->count; i++)
        if (path_equal(&selection->proven[i].path, path))
            return true;
    return false;
}

void selection_each(const struct selection *selection, void (*fn)(void *arg, const struct path *path), void *arg)
{
    for (size_t i = 0; i < selection->count; i++)
        fn(arg, &selection->proven[i].path);
}

static struct proven_path *longest_unchecked(struct selection *selection)
{
    struct proven_path *oldest = NULL;
    for (struct proven_path *at = selection->proven; at < selection->proven + selection->count; at++)
        if (at != selection->selected && (!oldest || at->checked_us < oldest->checked_us))
            oldest = at;
    return oldest;
}

static struct proven_path *prove(struct selection *selection, const struct path *path, struct selection_change *change)
{
    struct proven_path *proven = find(selection, path);
    if (proven) {
        proven->path.local = path->local;
        return proven;
    }
    change->bound = true;
    if (selection->count < SELECTION_PATHS_MAX) {
        proven = &selection->proven[selection->count++];
    } else {
        proven = longest_unchecked(selection);
        change->displaced = true;
        change->old = proven->path;
    }
    *proven = (struct proven_path){.path = *path};
    return proven;
}

/* ---- following ---- */

static bool is_followed(const struct selection *selection, const struct path *path)
{
    return selection->following && path_equal(&selection->followed, path);
}

/* Nobody has proven it. */
static bool stop_following(struct selection *selection, uint64_t now_us)
{
    if (!selection->following)
        return false;
    selection->following = false;
    selection->follow_again_us = now_us + SELECTION_FOLLOW_AGAIN_US;
    return true;
}

static bool may_follow(const struct selection *selection, const struct path *from, uint64_t now_us)
{
    const struct proven_path *selected = selection->selected;
    if (!selected || selected->path.stream || from->stream || now_us < selection->follow_again_us)
        return false;
    if (selection->following)
        return selection->followed_us + SELECTION_FOLLOW_QUIET_US < now_us;
    return selected->heard_us + SELECTION_FOLLOW_QUIET_US < now_us &&
           selection->repeated_us + SELECTION_FOLLOW_QUIET_US < now_us;
}

/* Who moves on while being followed has no more time for that. */
static void follow(struct selection *selection, const struct path *from, uint64_t now_us)
{
    if (!selection->following)
        selection->follow_until_us = now_us + SELECTION_FOLLOW_US;
    selection->following = true;
    selection->followed = *from;
    selection->followed_us = now_us;
}

static bool heard_unproven(struct selection *selection, const struct path *from, bool newest, uint64_t now_us)
{
    if (is_followed(selection, from)) {
        selection->followed_us = now_us;
        return false;
    }
    if (!newest || !may_follow(selection, from, now_us))
        return false;
    follow(selection, from, now_us);
    return true;
}

bool selection_tick(struct selection *selection, uint64_t now_us)
{
    return selection->follow_until_us <= now_us && stop_following(selection, now_us);
}

/* ---- selecting ---- */

static void select_path(struct selection *selection, struct proven_path *path, uint64_t now_us)
{
    stop_following(selection, now_us);
    selection->selected = path;
}

static bool carries_media(const struct proven_path *path, uint64_t now_us)
{
    return path->nominated && path->media_us + SELECTION_QUIET_US >= now_us;
}

/* A stream behind a full line holds up all that follows what is lost, and what was put into it before media showed the better path. */
static bool is_detour(const struct selection *selection, const struct proven_path *path, uint64_t now_us)
{
    const struct proven_path *selected = selection->selected;
    bool heard = selection->following || selected->heard_us + SELECTION_DETOUR_US >= now_us;
    return path->path.stream && !selected->path.stream && selected->nominated && heard;
}

static bool takes_nomination(const struct selection *selection, const struct proven_path *path, uint64_t now_us)
{
    return !selection->selected || (!carries_media(selection->selected, now_us) && !is_detour(selection, path, now_us));
}

static bool has_rebound(const struct selection *selection, const struct proven_path *path, uint64_t now_us)
{
    const struct proven_path *selected = selection->selected;
    if (!selected)
        return true;
    bool same_protocol = !path->path.stream == !selected->path.stream;
    return same_protocol && !selection->following && selected->heard_us + SELECTION_SILENT_US < now_us;
}

/* To the peer it is the same pair, which it may have nominated long ago. */
static void take_nomination_over(struct selection *selection, struct proven_path *path)
{
    if (selection->selected)
        path->nominated |= selection->selected->nominated;
}

static bool take_plain_check(struct selection *selection, struct proven_path *path, uint64_t now_us)
{
    if (path == selection->selected || !has_rebound(selection, path, now_us))
        return false;
    take_nomination_over(selection, path);
    select_path(selection, path, now_us);
    return true;
}

static bool take_nominating_check(struct selection *selection, struct proven_path *path, uint64_t now_us)
{
    selection->settled = path->nominated = true;
    if (path == selection->selected)
        return stop_following(selection, now_us);
    if (!takes_nomination(selection, path, now_us))
        return false;
    select_path(selection, path, now_us);
    return true;
}

/* It is sent to already. */
static void settle_followed(struct selection *selection, struct proven_path *path, bool use_candidate)
{
    take_nomination_over(selection, path);
    path->nominated |= use_candidate;
    selection->settled |= use_candidate;
    selection->following = false;
    selection->selected = path;
}

void selection_check(struct selection *selection, const struct path *from, bool use_candidate, uint64_t now_us,
                     struct selection_change *change)
{
    *change = (struct selection_change){0};
    struct proven_path *path = prove(selection, from, change);
    path->checked_us = path->heard_us = now_us;
    if (is_followed(selection, from))
        settle_followed(selection, path, use_candidate);
    else if (use_candidate)
        change->moved = take_nominating_check(selection, path, now_us);
    else
        change->moved = take_plain_check(selection, path, now_us);
}

bool selection_heard(struct selection *selection, const struct path *from, bool newest, uint64_t now_us)
{
    struct proven_path *path = find(selection, from);
    if (!path)
        return heard_unproven(selection, from, newest, now_us);
    path->heard_us = path->media_us = now_us;
    if (path == selection->selected)
        return stop_following(selection, now_us);
    if (!path->nominated || (selection->selected && carries_media(selection->selected, now_us)))
        return false;
    select_path(selection, path, now_us);
    return true;
}

bool selection_repeated(struct selection *selection, const struct path *from, uint64_t now_us)
{
    struct proven_path *path = find(selection, from);
    if (!path || path != selection->selected)
        return false;
    selection->repeated_us = now_us;
    return stop_following(selection, now_us);
}

void selection_prefer(struct selection *selection, const struct path *from)
{
    struct proven_path *path = find(selection, from);
    if (path && !selection->settled)
        selection->selected = path;
}

/* ---- forgetting ---- */

static struct proven_path *last_heard(struct selection *selection)
{
    struct proven_path *best = NULL;
    for (struct proven_path *at = selection->proven; at < selection->proven + selection->count; at++)
        if (!best || at->heard_us > best->heard_us)
            best = at;
    return best;
}

bool selection_forget(struct selection *selection, const struct path *path)
{
    struct proven_path *forgotten = find(selection, path);
    if (!forgotten)
        return false;
    struct proven_path *last = &selection->proven[--selection->count];
    bool was_selected = forgotten == selection->selected;
    *forgotten = *last;
    if (selection->selected == last)
        selection->selected = forgotten;
    if (!was_selected)
        return false;
    selection->selected = last_heard(selection);
    selection->settled = false;
    selection->following = false;
    return true;
}
