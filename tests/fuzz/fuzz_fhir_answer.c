/* What an EMR answers: status in the first byte, the rest is the body. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "server/records/fhir.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const long statuses[] = {200, 201, 302, 400, 401, 422, 500, 503};
    char reason[64];
    if (size < 1)
        return 0;
    json_t *sent = json_loads("{\"entry\":[{\"resource\":{\"resourceType\":\"Patient\"}},{}]}", 0, NULL);
    fhir_read_answer(sent, statuses[data[0] % G_N_ELEMENTS(statuses)], (const char *)data + 1, size - 1, reason,
                     sizeof reason);
    g_assert(memchr(reason, '\0', sizeof reason));
    json_decref(sent);
    return 0;
}
