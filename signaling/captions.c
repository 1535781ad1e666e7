#include "captions.h"

#include "audience.h"
#include "call.h"
#include "protocol.h"
#include "rights.h"

#include <string.h>

bool captions_is_service(const struct participant *participant)
{
    return strcmp(participant->role, "captions") == 0;
}

const char *captions_say(struct participant *by, const struct message *message)
{
    const struct participant *speaker = call_participant(by->call, message_text(message, "participant"));
    if (!rights_allow(by, RIGHT_CAPTION))
        return "not_allowed";
    if (!speaker || !audience_meets(by, speaker)) /* what is still on its way when somebody withdraws is lost here */
        return "not_found";
    json_t *line = json_pack("{s:s, s:s, s:O, s:O, s:b}", "type", "captions.line", "participant", speaker->id, "line",
                             json_object_get(message->body, "line"), "text", json_object_get(message->body, "text"),
                             "final", message_flag(message, "final") == 1);
    const GPtrArray *participants = by->call->participants;
    for (guint i = 0; i < participants->len; i++) {
        struct participant *reader = g_ptr_array_index(participants, i);
        if (reader != by && (reader == speaker || audience_meets(reader, speaker)))
            participant_send(reader, json_incref(line));
    }
    json_decref(line);
    return NULL;
}

bool captions_may_know(const json_t *message)
{
    static const char *const TYPES[] = {"participant", "gone", "consents", "side", "speaker", "ended"};
    const char *type = json_string_value(json_object_get(message, "type"));
    for (size_t i = 0; type && i < G_N_ELEMENTS(TYPES); i++)
        if (strcmp(TYPES[i], type) == 0)
            return true;
    return false;
}
