/**
 * Requests about tracks and slots (media/ipc.h), from JSON to configuration.
 *
 * Errors: -EINVAL, noted by control_fail.
 */
#ifndef MEDIA_CONTROL_PARSE_H
#define MEDIA_CONTROL_PARSE_H

#include "media/control.h"
#include "media/slot.h"
#include "media/track.h"

int control_parse_track(struct control_request *request, struct track_config *config);
int control_parse_slot(struct control_request *request, struct slot_config *config);
int control_parse_wish(struct control_request *request, struct slot_wish *wish);

#endif
