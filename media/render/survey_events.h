/** The part of the survey that understands room events; see journal.h for their vocabulary. */
#ifndef MEDIA_RENDER_SURVEY_EVENTS_H
#define MEDIA_RENDER_SURVEY_EVENTS_H

#include "media/render/survey.h"

void survey_note_event(struct survey *survey, const struct journal_record *record);
/** Something that concerned everyone. */
void survey_add_interval(struct survey *survey, enum survey_cause cause, int64_t from_us, int64_t to_us);

void survey_clear_interval(gpointer interval);
void survey_clear_presence(gpointer presence);
void survey_clear_moment(gpointer moment);

#endif
