/* A ticket from a link: nothing but what our key signed is good. */
#include <stdlib.h>
#include <string.h>

#include "signaling/ticket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char KEY[TICKET_KEY_SIZE] = "a key that no input can know";

/* The bytes as claims: whatever we sign must come back as it was, or be refused as no name. */
static void round_trip(const uint8_t *data, size_t size)
{
    struct ticket made = {.use = "join", .role = "doctor", .expires_s = 10}, read;
    size_t part = size / 2 < 64 ? size / 2 : 64;
    memcpy(made.consultation, data, part);
    memcpy(made.participant, data + part, part);
    char *text = ticket_make(&made, KEY);
    if (text && ticket_check(text, KEY, 5, &read) == TICKET_GOOD &&
        (strcmp(read.consultation, made.consultation) != 0 || strcmp(read.participant, made.participant) != 0))
        abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ticket ticket;
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    if (ticket_check(text, KEY, 0, &ticket) == TICKET_GOOD)
        abort(); /* a forgery */
    free(text);
    round_trip(data, size);
    return 0;
}
