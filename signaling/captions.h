/**
 * Captions: a service of the operator's own (role `captions`) hears who agreed to it and writes down what they say. It joins
 * like anybody, by a ticket, and listens by WHEP; the server calls nobody. Its lines go to those who hear the speaker, are not
 * kept, and the service itself sees no picture, no chat and no still.
 *
 * Thread: the main loop's.
 */
#ifndef SIGNALING_CAPTIONS_H
#define SIGNALING_CAPTIONS_H

#include <jansson.h>
#include <stdbool.h>

struct message;
struct participant;

bool captions_is_service(const struct participant *participant);
/** NULL or an error code. */
const char *captions_say(struct participant *by, const struct message *message);
/** Is this message of the room any business of the service's? */
bool captions_may_know(const json_t *message);

#endif
