/*
 * Ours and libsrtp, given the same packets in the same order, agree on every byte and on every refusal: both ways, the
 * way in with packets damaged and repeated.
 */
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
    return srtp_init() == srtp_err_status_ok ? 0 : 1;
}

struct pair {
    struct srtp_sender *sender;
    struct srtp_link *link;
    srtp_t out, in; /* libsrtp's */
};

static void receive(const struct pair *pair, const uint8_t *packet, size_t size)
{
    uint8_t ours[ROOM], theirs[ROOM];
    size_t our_size = size;
    int their_size = (int)size;
    memcpy(ours, packet, size);
    memcpy(theirs, packet, size);
    enum srtp_verdict verdict = srtp_link_open_rtp(pair->link, ours, &our_size, 1);
    srtp_err_status_t status = srtp_unprotect(pair->in, theirs, &their_size);
    if ((verdict == SRTP_OK) != (status == srtp_err_status_ok))
        abort();
    if (verdict == SRTP_OK && (our_size != (size_t)their_size || memcmp(ours, theirs, our_size) != 0))
        abort();
}

/* Six bytes make a packet: stream and fate, shape, sequence, payload size. */
static void step(const struct pair *pair, const uint8_t *data)
{
    uint8_t header[512], payload[ROOM], ours[ROOM], theirs[ROOM];
    uint16_t sequence = (uint16_t)(data[2] << 8 | data[3]);
    size_t payload_size = (size_t)(data[4] << 8 | data[5]) % 1500;
    size_t header_size = srtp_reference_header(header, 1u + (data[0] & 3u), sequence, data[1] & 15, (data[1] >> 4) - 1);
    memset(payload, data[5], payload_size);
    memcpy(theirs, header, header_size);
    memcpy(theirs + header_size, payload, payload_size);
    int length = (int)(header_size + payload_size);
    int result = srtp_sender_protect(pair->sender, header, header_size, payload, payload_size, ours);
    srtp_err_status_t status = srtp_protect(pair->out, theirs, &length);
    if ((result == 0) != (status == srtp_err_status_ok))
        abort();
    if (result < 0)
        return;
    if (length <= 0 || memcmp(ours, theirs, (size_t)length) != 0)
        abort();
    if (data[0] & 4)
        return; /* lost */
    if (data[0] & 8) {
        theirs[data[5] * 7u % (unsigned)length] ^= (uint8_t)(1 << (data[0] >> 5));
        receive(pair, theirs, (size_t)length);
    }
    receive(pair, ours, (size_t)length);
    if (data[0] & 16)
        receive(pair, ours, (size_t)length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 + SRTP_MASTER_SIZE)
        return 0;
    struct srtp_keys keys = {.suite = data[0] & 1 ? SRTP_SUITE_CM_SHA1_80 : SRTP_SUITE_GCM_128};
    memcpy(keys.remote, data + 1, SRTP_MASTER_SIZE);
    struct pair pair = {.out = srtp_reference_open(keys.suite, keys.remote, ssrc_any_outbound),
                        .in = srtp_reference_open(keys.suite, keys.remote, ssrc_any_inbound)};
    if (srtp_sender_create(keys.suite, keys.remote, &pair.sender) < 0 || srtp_link_create(&keys, &pair.link) < 0)
        abort();
    size_t at = 1 + SRTP_MASTER_SIZE;
    for (int steps = 0; steps < STEPS_MAX && at + STEP <= size; steps++, at += STEP)
        step(&pair, data + at);
    srtp_dealloc(pair.out);
    srtp_dealloc(pair.in);
    srtp_sender_destroy(pair.sender);
    srtp_link_destroy(pair.link);
    return 0;
}
