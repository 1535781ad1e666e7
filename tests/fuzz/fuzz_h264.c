/* H.264 payloads and sequence parameter sets. */
#include "media/h264.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct h264_info info;
    uint16_t width, height;
    h264_parse(data, size, &info);
    h264_parse_sps(data, size, &width, &height);
    return 0;
}
