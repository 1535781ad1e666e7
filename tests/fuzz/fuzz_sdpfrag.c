/* The body of a WHIP PATCH. */
#include <stdlib.h>
#include <string.h>

#include "signaling/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size ? size : 1);
    memcpy(text, data, size);
    struct sdpfrag frag;
    if (sdpfrag_parse(text, size, &frag) == SDP_GOOD && frag.ufrag[0] && strlen(frag.pwd) < 22)
        abort();
    free(text);
    return 0;
}
