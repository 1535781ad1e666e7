/* A message on the WebSocket: what is taken has the fields that its handlers rely on. */
#include <stdlib.h>
#include <string.h>

#include "signaling/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rely(const struct message *message)
{
    if (message->type == MESSAGE_JOIN && !message_text(message, "ticket"))
        abort();
    if (message->type == MESSAGE_OFFER &&
        (!message_text(message, "sdp") || message_number(message, "generation", 0) < 1))
        abort();
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(message->body, "items"), i,
                       item) if (message->type == MESSAGE_VIEW &&
                                 !protocol_is_name(json_string_value(json_object_get(item, "participant")))) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size ? size : 1);
    memcpy(text, data, size);
    struct message message;
    const char *problem = protocol_read(text, size, &message);
    if (!problem)
        rely(&message);
    else
        json_decref(protocol_error(problem, message.id, "vi", false));
    message_finish(&message);
    free(text);
    return 0;
}
