#include "audience.h"

#include "call.h"
#include "captions.h"
#include "consent.h"
#include "sidetalk.h"

#include <string.h>

static bool has_role(const struct participant *participant, const char *role)
{
    return strcmp(participant->role, role) == 0;
}

bool audience_is_held(const struct participant *participant)
{
    return consent_word(participant->call, participant->id, CONSENT_TAKE_PART, true) == 0;
}

/* A patient is shown to observers only after a yes, everybody else until a no. */
static bool may_be_observed(const struct participant *shown)
{
    int word = consent_of_seat(shown->call, shown->id, CONSENT_OBSERVERS);
    return word == 1 || (word < 0 && !has_role(shown, "patient"));
}

/* The interpreter's channel is for those who chose it, and for the other interpreters. */
static bool is_for(const struct participant *viewer, const struct track *track)
{
    bool channel = track->leg->participant->speaks_apart && !track->video && strcmp(track->source, "microphone") == 0;
    return !channel || viewer->listens_apart || has_role(viewer, "interpreter");
}

bool audience_meets(const struct participant *viewer, const struct participant *shown)
{
    if (shown == viewer || shown->waiting || viewer->waiting || audience_is_held(shown))
        return false;
    if (has_role(viewer, "observer") && !may_be_observed(shown))
        return false;
    if (captions_is_service(viewer) && consent_of_seat(shown->call, shown->id, CONSENT_CAPTIONS) != 1)
        return false;
    return !sidetalk_has(shown->call, shown->id) || sidetalk_has(shown->call, viewer->id);
}

bool audience_gets(const struct participant *viewer, const struct track *track)
{
    if (captions_is_service(viewer) && (track->video || strcmp(track->source, "microphone") != 0))
        return false;
    return audience_meets(viewer, track->leg->participant) && is_for(viewer, track);
}

bool audience_is_journaled(const struct track *track)
{
    const struct participant *shown = track->leg->participant;
    return !shown->waiting && !audience_is_held(shown) && !sidetalk_has(shown->call, shown->id);
}
