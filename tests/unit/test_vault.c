/* Sealed files: any range comes back as written, in whatever order it was written, and no damage goes unseen. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "media/vault.h"

static const unsigned char KEY[VAULT_KEY_SIZE] = "a recording's own thirty-two by";
static char directory[] = "/tmp/hoichan-vault-XXXXXX";
static char path[64], part[80];

static int make_place(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/film.webm.sealed", directory);
    snprintf(part, sizeof part, "%s.part", path);
    return 0;
}

static int clear_place(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static uint32_t noise(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static uint8_t *make_plain(size_t size)
{
    uint8_t *plain = malloc(size + 1);
    uint32_t seed = 7;
    for (size_t i = 0; i < size; i++)
        plain[i] = (uint8_t)noise(&seed);
    return plain;
}

static void seal(const uint8_t *plain, size_t size)
{
    struct vault_draft *draft;
    assert_int_equal(vault_draft_create(path, KEY, &draft), 0);
    assert_int_equal(vault_draft_write(draft, 0, plain, size), 0);
    assert_int_equal(vault_draft_finish(draft, NULL, NULL), 0);
}

static void assert_holds(const uint8_t *plain, size_t size)
{
    struct vault *vault;
    unsigned char hash[VAULT_HASH_SIZE];
    uint8_t *out = malloc(size + 1);
    assert_int_equal(vault_open(path, KEY, &vault), 0);
    assert_int_equal(vault_size(vault), size);
    assert_int_equal(vault_read(vault, 0, out, size + 1), size);
    assert_memory_equal(out, plain, size);
    crypto_hash_sha256(hash, plain, size);
    assert_memory_equal(vault_hash(vault), hash, sizeof hash);
    uint32_t seed = 3;
    for (int i = 0; i < 200 && size > 0; i++) {
        size_t from = noise(&seed) % size, length = noise(&seed) % 100000;
        size_t expected = length < size - from ? length : size - from;
        assert_int_equal(vault_read(vault, from, out, length < size ? length : size),
                         expected < size ? expected : size);
        assert_memory_equal(out, plain + from, expected);
    }
    assert_int_equal(vault_read(vault, size, out, 1), 0);
    vault_close(vault);
    free(out);
}

static void test_vault_gives_back_every_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, VAULT_CHUNK_SIZE - 1, VAULT_CHUNK_SIZE, VAULT_CHUNK_SIZE + 1, 1500000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *plain = make_plain(sizes[i]);
        seal(plain, sizes[i]);
        assert_holds(plain, sizes[i]);
        free(plain);
    }
}

/* As a muxer does, but wilder: anywhere, over itself, leaving holes. */
static void test_vault_takes_writes_in_any_order(void **state)
{
    (void)state;
    enum { SIZE = 3000000 };
    uint8_t *plain = calloc(1, SIZE), *noisy = make_plain(SIZE);
    struct vault_draft *draft;
    size_t size = 0;
    uint32_t seed = 11;
    assert_int_equal(vault_draft_create(path, KEY, &draft), 0);
    for (int i = 0; i < 400; i++) {
        size_t from = noise(&seed) % (SIZE - 80000), length = noise(&seed) % 80000;
        from = i < 100 ? from / 20 : from;
        memcpy(plain + from, noisy + i, length);
        assert_int_equal(vault_draft_write(draft, from, noisy + i, length), 0);
        if (from + length > size)
            size = from + length;
        assert_int_equal(vault_draft_size(draft), size);
    }
    uint64_t told;
    unsigned char hash[VAULT_HASH_SIZE], expected[VAULT_HASH_SIZE];
    assert_int_equal(vault_draft_finish(draft, &told, hash), 0);
    crypto_hash_sha256(expected, plain, size);
    assert_int_equal(told, size);
    assert_memory_equal(hash, expected, sizeof hash);
    assert_holds(plain, size);
    free(plain);
    free(noisy);
}

static void test_vault_unfinished_is_not_there(void **state)
{
    (void)state;
    struct vault_draft *draft;
    struct vault *vault;
    unlink(path);
    assert_int_equal(vault_draft_create(path, KEY, &draft), 0);
    assert_int_equal(vault_draft_write(draft, 0, "text", 4), 0);
    assert_int_equal(vault_open(path, KEY, &vault), -ENOENT);
    assert_int_equal(vault_open(part, KEY, &vault), -EBADMSG);
    vault_draft_abandon(draft);
    assert_int_equal(access(part, F_OK), -1);
}

static void flip(off_t at)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    uint8_t byte;
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void test_vault_damage_shows_where_it_is(void **state)
{
    (void)state;
    enum { SIZE = 200000 };
    uint8_t *plain = make_plain(SIZE), out[16];
    struct vault *vault;
    seal(plain, SIZE);
    flip(128 + 65576 + 1000); /* in the second chunk */
    assert_int_equal(vault_open(path, KEY, &vault), 0);
    assert_int_equal(vault_read(vault, 0, out, sizeof out), sizeof out);
    assert_int_equal(vault_read(vault, VAULT_CHUNK_SIZE - 4, out, sizeof out), -EBADMSG);
    assert_int_equal(vault_read(vault, 2 * VAULT_CHUNK_SIZE, out, sizeof out), sizeof out);
    vault_close(vault);
    seal(plain, SIZE);
    flip(60); /* in the header's nonce */
    assert_int_equal(vault_open(path, KEY, &vault), -EBADMSG);
    seal(plain, SIZE);
    flip(20); /* in the file's id */
    assert_int_equal(vault_open(path, KEY, &vault), -EBADMSG);
    free(plain);
}

static void test_vault_truncation_and_growth_show(void **state)
{
    (void)state;
    uint8_t *plain = make_plain(200000);
    struct vault *vault;
    struct stat status;
    seal(plain, 200000);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(truncate(path, status.st_size - 1), 0);
    assert_int_equal(vault_open(path, KEY, &vault), -EBADMSG);
    assert_int_equal(truncate(path, 128 + 65576), 0); /* at a chunk's border */
    assert_int_equal(vault_open(path, KEY, &vault), -EBADMSG);
    assert_int_equal(truncate(path, 50), 0);
    assert_int_equal(vault_open(path, KEY, &vault), -EBADMSG);
    seal(plain, 200000);
    assert_int_equal(truncate(path, status.st_size + 1), 0);
    assert_int_equal(vault_open(path, KEY, &vault), -EBADMSG);
    free(plain);
}

static void test_vault_chunks_cannot_change_places(void **state)
{
    (void)state;
    uint8_t *plain = make_plain(3 * VAULT_CHUNK_SIZE), *chunks = malloc(2 * 65576), out[4];
    struct vault *vault;
    seal(plain, 3 * VAULT_CHUNK_SIZE);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(pread(fd, chunks, 2 * 65576, 128), 2 * 65576);
    assert_int_equal(pwrite(fd, chunks + 65576, 65576, 128), 65576);
    assert_int_equal(pwrite(fd, chunks, 65576, 128 + 65576), 65576);
    close(fd);
    assert_int_equal(vault_open(path, KEY, &vault), 0);
    assert_int_equal(vault_read(vault, 0, out, 4), -EBADMSG);
    vault_close(vault);
    free(plain);
    free(chunks);
}

static void test_vault_wrong_key_opens_nothing(void **state)
{
    (void)state;
    struct vault *vault;
    seal((const uint8_t *)"text", 4);
    assert_int_equal(vault_open(path, (const unsigned char *)"some other key of thirty-two by.", &vault), -EBADMSG);
}

static void test_vault_holds_nothing_readable(void **state)
{
    (void)state;
    uint8_t bytes[512];
    seal((const uint8_t *)"WHAT WAS SAID", 13);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = read(fd, bytes, sizeof bytes);
    close(fd);
    assert_int_equal(size, 128 + 13 + 40);
    assert_null(memmem(bytes, (size_t)size, "WHAT WAS SAID", 13));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vault_gives_back_every_size),
        cmocka_unit_test(test_vault_takes_writes_in_any_order),
        cmocka_unit_test(test_vault_unfinished_is_not_there),
        cmocka_unit_test(test_vault_damage_shows_where_it_is),
        cmocka_unit_test(test_vault_truncation_and_growth_show),
        cmocka_unit_test(test_vault_chunks_cannot_change_places),
        cmocka_unit_test(test_vault_wrong_key_opens_nothing),
        cmocka_unit_test(test_vault_holds_nothing_readable),
    };
    return cmocka_run_group_tests(tests, make_place, clear_place);
}
