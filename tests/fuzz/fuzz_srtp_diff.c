/* Our sender and libsrtp's, given the same packets in the same order, agree on every byte and on every refusal. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/srtp.h"
#include "tests/srtp_reference.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEP = 6, STEPS_MAX = 200, ROOM = 4096 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    static struct srtp_library *library;
    return srtp_library_open(&library);
}

/* Six bytes make a packet: stream, shape, sequence, payload size. */
static void step(struct srtp_sender *sender, srtp_t reference, const uint8_t *data)
{
    uint8_t header[512], payload[ROOM], ours[ROOM], theirs[ROOM];
    uint16_t sequence = (uint16_t)(data[2] << 8 | data[3]);
    size_t payload_size = (size_t)(data[4] << 8 | data[5]) % 1500;
    size_t header_size = srtp_reference_header(header, 1u + (data[0] & 3u), sequence, data[1] & 15, (data[1] >> 4) - 1);
    memset(payload, data[5], payload_size);
    memcpy(theirs, header, header_size);
    memcpy(theirs + header_size, payload, payload_size);
    int length = (int)(header_size + payload_size);
    int result = srtp_sender_protect(sender, header, header_size, payload, payload_size, ours);
    srtp_err_status_t status = srtp_protect(reference, theirs, &length);
    if ((result == 0) != (status == srtp_err_status_ok))
        abort();
    if (result == 0 && memcmp(ours, theirs, (size_t)length) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 + SRTP_MASTER_SIZE)
        return 0;
    enum srtp_suite suite = data[0] & 1 ? SRTP_SUITE_CM_SHA1_80 : SRTP_SUITE_GCM_128;
    struct srtp_sender *sender = NULL;
    if (srtp_sender_create(suite, data + 1, &sender) < 0)
        abort();
    srtp_t reference = srtp_reference_open(suite, data + 1, ssrc_any_outbound);
    size_t at = 1 + SRTP_MASTER_SIZE;
    for (int steps = 0; steps < STEPS_MAX && at + STEP <= size; steps++, at += STEP)
        step(sender, reference, data + at);
    srtp_dealloc(reference);
    srtp_sender_destroy(sender);
    return 0;
}
