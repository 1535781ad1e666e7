/* An offer from a stranger: read, answered as a room would, and described to a worker. */
#include <stdlib.h>
#include <string.h>

#include "signaling/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answer(const struct sdp_offer *offer)
{
    struct sdp_answer_line lines[SDP_MAX_LINES] = {0};
    for (size_t i = 0; i < offer->n_lines; i++) {
        const struct sdp_line *line = &offer->lines[i];
        lines[i].use = line->rejected                    ? SDP_USE_REJECT
                       : line->direction == SDP_RECVONLY ? SDP_USE_SLOT
                       : line->direction == SDP_INACTIVE ? SDP_USE_IDLE
                                                         : SDP_USE_TRACK;
        lines[i].ssrc = 1;
        lines[i].rtx_ssrc = 2;
        if (lines[i].use == SDP_USE_REJECT)
            continue;
        lines[i].sound = (struct sdp_sound){.music = i % 3 == 2, .thin = i % 3 == 1, .dtx = i % 2 == 1};
        json_decref(sdp_line_codecs_json(line, lines[i].use, lines[i].sound));
        json_decref(sdp_line_ext_json(line, lines[i].use));
    }
    const struct sdp_local local = {
        .ufrag = "ufrag", .pwd = "pwd", .fingerprint_algorithm = "sha-256", .fingerprint = "AA", .session = 1};
    free(sdp_answer_make(offer, lines, &local));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1); /* exactly as long as it is, so that reading on is seen */
    memcpy(text, data, size);
    text[size] = '\0';
    struct sdp_offer *offer = NULL;
    const char *why;
    if (sdp_offer_parse(text, size, &offer, &why) == SDP_GOOD)
        answer(offer);
    sdp_offer_destroy(offer);
    free(text);
    return 0;
}
