/* A picture that a camera's page sent, on its way to the PACS. */
#include <stddef.h>
#include <stdint.h>

#include "server/records/imaging.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct imaging imaging = {.consultation = "c",
                              .title = "",
                              .patient_system = "urn:x",
                              .patient_id = "1",
                              .name = "",
                              .sex = "male",
                              .still = "s",
                              .source = size % 2 ? "exam" : "ultrasound",
                              .type = size && data[0] == 0x89 ? "image/png" : "image/jpeg",
                              .owner = "",
                              .started_at = 1,
                              .taken_at = 1,
                              .data = data,
                              .size = size};
    const char *reason;
    GByteArray *object = imaging_picture(&imaging, &reason);
    if (object)
        g_byte_array_unref(object);
    return 0;
}
