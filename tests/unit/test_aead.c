#include "media/aead.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef int init_fn(struct aead *, const uint8_t *, bool);
static init_fn *const ways[] = {aead_init, aead_init_portable};

static void fill(uint8_t *to, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(i * 37 + seed * 11 + (i >> 8));
}

/* Test case 4 of "The Galois/Counter Mode of Operation", McGrew and Viega. */
static void test_aead_known_answer(void **state)
{
    static const uint8_t key[] = {0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c,
                                  0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08};
    static const uint8_t nonce[] = {0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88};
    static const uint8_t header[] = {0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed,
                                     0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xab, 0xad, 0xda, 0xd2};
    static const uint8_t plain[] = {0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5, 0xa5, 0x59, 0x09, 0xc5,
                                    0xaf, 0xf5, 0x26, 0x9a, 0x86, 0xa7, 0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda,
                                    0x2e, 0x4c, 0x30, 0x3d, 0x8a, 0x31, 0x8a, 0x72, 0x1c, 0x3c, 0x0c, 0x95,
                                    0x95, 0x68, 0x09, 0x53, 0x2f, 0xcf, 0x0e, 0x24, 0x49, 0xa6, 0xb5, 0x25,
                                    0xb1, 0x6a, 0xed, 0xf5, 0xaa, 0x0d, 0xe6, 0x57, 0xba, 0x63, 0x7b, 0x39};
    static const uint8_t sealed[] = {0x42, 0x83, 0x1e, 0xc2, 0x21, 0x77, 0x74, 0x24, 0x4b, 0x72, 0x21, 0xb7,
                                     0x84, 0xd0, 0xd4, 0x9c, 0xe3, 0xaa, 0x21, 0x2f, 0x2c, 0x02, 0xa4, 0xe0,
                                     0x35, 0xc1, 0x7e, 0x23, 0x29, 0xac, 0xa1, 0x2e, 0x21, 0xd5, 0x14, 0xb2,
                                     0x54, 0x66, 0x93, 0x1c, 0x7d, 0x8f, 0x6a, 0x5a, 0xac, 0x84, 0xaa, 0x05,
                                     0x1b, 0xa3, 0x0b, 0x39, 0x6a, 0x0a, 0xac, 0x97, 0x3d, 0x58, 0xe0, 0x91};
    static const uint8_t tag[] = {0x5b, 0xc9, 0x4f, 0xbc, 0x32, 0x21, 0xa5, 0xdb,
                                  0x94, 0xfa, 0xe9, 0x5a, 0xe7, 0x12, 0x1a, 0x47};
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct aead aead;
        uint8_t out[sizeof plain], got[AEAD_TAG_SIZE];
        assert_int_equal(ways[i](&aead, key, true), 0);
        struct aead_message message = {nonce, header, sizeof header, plain, out, sizeof plain};
        assert_int_equal(aead_seal(&aead, &message, got), 0);
        assert_memory_equal(out, sealed, sizeof sealed);
        assert_memory_equal(got, tag, sizeof tag);
        aead_finish(&aead);
    }
}

static void cross(init_fn *seals, init_fn *opens, size_t header_size, size_t size)
{
    uint8_t key[AEAD_KEY_SIZE], nonce[AEAD_NONCE_SIZE], header[128], plain[2048], packet[2048], tag[AEAD_TAG_SIZE];
    struct aead from, to;
    fill(key, sizeof key, (unsigned)size);
    fill(nonce, sizeof nonce, (unsigned)header_size);
    fill(header, sizeof header, 5);
    fill(plain, sizeof plain, (unsigned)(size + header_size));
    memset(packet, 0xa5, sizeof packet);
    assert_int_equal(seals(&from, key, true), 0);
    assert_int_equal(opens(&to, key, false), 0);
    struct aead_message message = {nonce, header, header_size, plain, packet, size};
    assert_int_equal(aead_seal(&from, &message, tag), 0);
    assert_int_equal(packet[size], 0xa5);
    message.in = packet; /* in place */
    tag[size % sizeof tag] ^= 1;
    uint8_t kept[2048];
    memcpy(kept, packet, sizeof kept);
    assert_int_equal(aead_open(&to, &message, tag), -EBADMSG);
    memcpy(packet, kept, sizeof packet);
    tag[size % sizeof tag] ^= 1;
    assert_int_equal(aead_open(&to, &message, tag), 0);
    assert_memory_equal(packet, plain, size);
    assert_int_equal(packet[size], 0xa5);
    aead_finish(&from);
    aead_finish(&to);
}

static void test_aead_either_library_opens_what_the_other_seals(void **state)
{
    (void)state;
    for (size_t size = 0; size < 300; size++) {
        cross(aead_init, aead_init_portable, 12 + size % 90, size);
        cross(aead_init_portable, aead_init, 12 + size % 90, size);
    }
    for (size_t size = 1000; size < 1500; size += 7) {
        cross(aead_init, aead_init_portable, 20, size);
        cross(aead_init_portable, aead_init, 20, size);
    }
}

static void test_aead_finishes_what_was_never_keyed(void **state)
{
    (void)state;
    struct aead aead = {0};
    aead_finish(&aead);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aead_known_answer),
        cmocka_unit_test(test_aead_either_library_opens_what_the_other_seals),
        cmocka_unit_test(test_aead_finishes_what_was_never_keyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
