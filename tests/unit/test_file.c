/* A file of a consultation from its first byte to ready, on both databases and a real disk. */
#include "store_fixture.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>

#include "media/vault.h"
#include "server/config.h"
#include "server/files/file.h"
#include "server/files/sweep.h"
#include "server/server.h"

static const int64_t NOW = INT64_C(1795356000000000);
static const char PICTURE[] = "\xff\xd8\xff\xc0\x00\x11\x08\x01\xe0\x02\x80\x03\1\x22\0\2\x11\1\3\x11\1";

struct place {
    struct fixture *base;
    struct config config;
    struct server server;
    struct files files;
    char *directory;
};

static const char *const seed[] = {
    "INSERT INTO consultations (id, kind, title, state, starts_at, ends_at, search, created_by, created_at, "
    "updated_at) "
    "VALUES ('c', 'scheduled', 'Hội chẩn', 'open', 1, 2, '', 'x', 1, 1)",
    "INSERT INTO participants (id, consultation_id, name, role, created_at) VALUES ('p', 'c', 'BS. Lan', 'doctor', 1)",
    "INSERT INTO participants (id, consultation_id, name, role, created_at) VALUES ('q', 'c', 'BS. Sơn', 'host', 1)",
};

static struct place *place_of(struct fixture *fixture)
{
    struct place *place = g_new0(struct place, 1);
    place->base = fixture;
    place->directory = g_dir_make_tmp("hoichan-file.XXXXXX", NULL);
    place->config.files.dir = place->directory;
    place->config.files.scan_command = (char *)"";
    place->server.config = &place->config;
    place->files = (struct files){fixture->store, &place->server};
    randombytes_buf(place->server.master_key, sizeof place->server.master_key);
    for (size_t i = 0; i < G_N_ELEMENTS(seed); i++)
        GOOD(store_run(fixture->store, fault, seed[i]) == 1);
    return place;
}

static void place_free(struct place *place)
{
    fixture_remove(place->directory);
    g_free(place->directory);
    g_free(place);
}

static void load(struct place *place, const char *id, struct file *file)
{
    bool found;
    GOOD(file_load(&place->files, "c", id, file, &found, fault));
    assert_true(found);
}

/* A picture of `size` bytes as a camera would send it: the head, then anything. */
static unsigned char *picture(size_t size)
{
    unsigned char *data = g_malloc0(size);
    memcpy(data, PICTURE, sizeof PICTURE - 1);
    for (size_t i = sizeof PICTURE; i < size; i++)
        data[i] = (unsigned char)(i * 7);
    return data;
}

static const struct file_still STILL = {.id = "still1",
                                        .consultation = "c",
                                        .participant = "p",
                                        .requested_by = "q",
                                        .source = "dermatoscope",
                                        .width = 640,
                                        .height = 480,
                                        .thumbnail = (const unsigned char *)"thumb",
                                        .thumbnail_size = 5,
                                        .at = NOW};

static void send_all(struct place *place, struct file *file, const unsigned char *data, int64_t piece)
{
    while (file->received < file->size)
        GOOD(file_take(place->base->store, file, data + file->received, (size_t)MIN(piece, file->size - file->received),
                       fault));
}

static void test_file_still_becomes_ready_and_is_what_was_sent(void **state)
{
    struct place *place = place_of(*state);
    struct store *store = place->base->store;
    enum { SIZE = 200 * 1000 };
    g_autofree unsigned char *data = picture(SIZE);
    const char *problem;
    struct file file;
    GOOD(file_announce_still(&place->files, &STILL, &problem, fault));
    assert_null(problem);
    GOOD(file_announce_still(&place->files, &STILL, &problem, fault)); /* the answer got lost */
    load(place, "still1", &file);
    GOOD(file_begin_still(store, &file, SIZE, fault));
    file_clear(&file);
    load(place, "still1", &file); /* as after a restart: all that is known is on disk */
    send_all(place, &file, data, 65536);
    GOOD(file_finish(&place->files, &file, "10.0.0.1", NOW, &problem, fault));
    assert_null(problem);
    assert_int_equal(file.state, FILE_READY);

    struct pieces pieces = file_pieces(&file);
    g_autofree char *path = pieces_path(&pieces, ""), *small = pieces_path(&pieces, ".thumbnail");
    struct vault *vault;
    g_autofree unsigned char *read = g_malloc(SIZE);
    assert_int_equal(vault_open(path, file.key, &vault), 0);
    assert_int_equal(vault_size(vault), SIZE);
    for (size_t at = 0; at < SIZE;)
        at += (size_t)vault_read(vault, at, read + at, SIZE - at);
    assert_memory_equal(read, data, SIZE);
    vault_close(vault);
    assert_int_equal(vault_open(small, file.key, &vault), 0);
    vault_close(vault);

    STORE_AUTO_ROWS rows = store_query(store, NULL, "SELECT " FILE_COLUMNS " FROM files f");
    assert_true(store_next(rows));
    assert_string_equal(rows_text(rows, "type"), "image/jpeg");
    assert_int_equal(rows_int(rows, "height"), 480);
    assert_string_equal(rows_text(rows, "requested_by"), "q");
    file_clear(&file);
    place_free(place);
}

static void test_file_still_that_cannot_be_audited_is_not_begun(void **state)
{
    struct place *place = place_of(*state);
    struct store *store = place->base->store;
    const char *problem;
    g_autoptr(GError) error = NULL;
    GOOD(store_run(store, fault, "ALTER TABLE audit RENAME TO elsewhere") >= 0);
    assert_false(file_announce_still(&place->files, &STILL, &problem, &error));
    assert_non_null(error);
    STORE_AUTO_ROWS rows = store_query(store, NULL, "SELECT id FROM files");
    assert_int_equal(store_count(rows), 0);
    place_free(place);
}

static const struct file_chat *in_chat(const char *name, int64_t size)
{
    static struct file_chat chat;
    chat = (struct file_chat){.consultation = "c", .participant = "p", .name = name, .size = size, .at = NOW};
    return &chat;
}

static void begin_chat(struct place *place, const unsigned char *data, size_t size, struct file *file)
{
    char id[STORE_ID_SIZE];
    const char *problem;
    GOOD(file_begin_chat(&place->files, in_chat("thư.pdf", (int64_t)size), id, &problem, fault));
    assert_null(problem);
    load(place, id, file);
    send_all(place, file, data, 4096);
}

static void test_file_of_a_foreign_type_is_refused_and_leaves_nothing(void **state)
{
    struct place *place = place_of(*state);
    struct file file;
    const char *problem;
    begin_chat(place, (const unsigned char *)"MZ this is a program", 20, &file);
    GOOD(file_finish(&place->files, &file, "", NOW, &problem, fault));
    assert_string_equal(problem, "file-type");
    struct pieces pieces = file_pieces(&file);
    g_autofree char *path = pieces_path(&pieces, "");
    assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    file_clear(&file);
    place_free(place);
}

static enum file_state scanned(struct place *place, const char *command, const char **problem)
{
    struct file file;
    place->config.files.scan_command = (char *)command;
    begin_chat(place, (const unsigned char *)"%PDF-1.7 EICAR-LIKE", 19, &file);
    GOOD(file_finish(&place->files, &file, "", NOW, problem, fault));
    enum file_state now = file.state;
    file_clear(&file);
    return now;
}

static void test_file_goes_past_the_scanner(void **state)
{
    struct place *place = place_of(*state);
    const char *problem;
    assert_int_equal(scanned(place, "sh -c '! grep -q EICAR'", &problem), FILE_REFUSED);
    assert_string_equal(problem, "file-infected");
    assert_int_equal(scanned(place, "sh -c '! grep -q OTHER'", &problem), FILE_READY);
    assert_null(problem);
    assert_int_equal(scanned(place, "sh -c 'exit 2'", &problem), FILE_UPLOADING); /* not known: asked again later */
    assert_string_equal(problem, "busy");
    assert_int_equal(scanned(place, "/nonexistent/scanner", &problem), FILE_UPLOADING);
    place_free(place);
}

static void test_file_with_a_lost_piece_does_not_become_ready(void **state)
{
    struct place *place = place_of(*state);
    g_autofree unsigned char *data = picture(20000);
    struct file file;
    const char *problem;
    begin_chat(place, data, 20000, &file);
    g_autofree char *piece = g_strdup_printf("%s/%s.parts/%010d.sealed", place->directory, file.id, 8192);
    assert_int_equal(g_unlink(piece), 0);
    GError *error = NULL;
    assert_false(file_finish(&place->files, &file, "", NOW, &problem, &error));
    assert_non_null(error);
    g_error_free(error);
    file_clear(&file);
    place_free(place);
}

static void test_file_count_is_bounded(void **state)
{
    struct place *place = place_of(*state);
    char id[STORE_ID_SIZE];
    const char *problem = NULL;
    for (int i = 0; i < FILES_PER_CONSULTATION_MAX; i++) {
        GOOD(file_begin_chat(&place->files, in_chat("a", 1), id, &problem, fault));
        assert_null(problem);
    }
    GOOD(file_begin_chat(&place->files, in_chat("a", 1), id, &problem, fault));
    assert_string_equal(problem, "files-full");
    place_free(place);
}

static int64_t expired(struct place *place)
{
    STORE_AUTO_ROWS rows = store_query(place->base->store, NULL,
                                       "SELECT COUNT(*) AS n FROM files WHERE refusal = 'upload-expired'");
    return store_next(rows) ? rows_int(rows, "n") : -1;
}

static bool on_disk(struct place *place, const char *id, const char *suffix)
{
    g_autofree char *path = g_strconcat(place->directory, "/", id, suffix, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/** The clinic's laptop never came back: after a week what it had sent is gone, and the list says so. */
static void test_file_that_nobody_finishes_is_given_up(void **state)
{
    struct place *place = place_of(*state);
    struct store *store = place->base->store;
    const int64_t week = INT64_C(7) * 24 * 3600 * G_USEC_PER_SEC;
    g_autofree unsigned char *data = picture(200 * 1000);
    char id[STORE_ID_SIZE], whole[STORE_ID_SIZE];
    const char *problem;
    struct file file;
    GOOD(file_begin_chat(&place->files, in_chat("a.jpg", 200 * 1000), id, &problem, fault));
    GOOD(file_begin_chat(&place->files, in_chat("b.jpg", 200 * 1000), whole, &problem, fault));
    load(place, whole, &file);
    send_all(place, &file, data, 65536);
    GOOD(file_finish(&place->files, &file, "10.0.0.1", NOW, &problem, fault));
    file_clear(&file);
    load(place, id, &file);
    GOOD(file_take(store, &file, data, 65536, fault));
    GOOD(sweep_uploads(store, &place->config, NOW + week - 1, fault));
    assert_int_equal(expired(place), 0);
    struct pieces pieces = file_pieces(&file);
    int lock = pieces_lock(&pieces); /* a part is just coming in */
    GOOD(sweep_uploads(store, &place->config, NOW + week, fault));
    assert_int_equal(expired(place), 0);
    close(lock);
    GOOD(sweep_uploads(store, &place->config, NOW + week, fault));
    assert_int_equal(expired(place), 1);
    assert_false(on_disk(place, id, ".parts"));
    assert_true(on_disk(place, whole, ".sealed"));
    file_clear(&file);
    load(place, id, &file);
    assert_int_equal(file.state, FILE_REFUSED);
    assert_true(file.expired);
    file_clear(&file);
    place_free(place);
}

static void test_file_pieces_that_a_crash_left_are_removed(void **state)
{
    struct place *place = place_of(*state);
    char id[STORE_ID_SIZE];
    const char *problem;
    struct file file;
    g_autofree unsigned char *data = picture(100 * 1000);
    GOOD(file_begin_chat(&place->files, in_chat("a.jpg", 100 * 1000), id, &problem, fault));
    load(place, id, &file);
    GOOD(file_take(place->base->store, &file, data, 65536, fault));
    struct pieces left = {.directory = place->directory, .id = "gone", .key = place->server.master_key};
    assert_int_equal(pieces_write(&left, 0, data, 4096), 0);
    GOOD(sweep_pieces(place->base->store, &place->config, fault));
    assert_false(on_disk(place, "gone", ".parts"));
    assert_true(on_disk(place, id, ".parts")); /* it may still go on */
    file_clear(&file);
    place_free(place);
}

static void test_file_upload_has_one_writer(void **state)
{
    struct place *place = place_of(*state);
    struct pieces pieces = {.directory = place->directory, .id = "x", .key = place->server.master_key};
    int first = pieces_lock(&pieces);
    assert_true(first >= 0);
    assert_int_equal(pieces_lock(&pieces), -EWOULDBLOCK);
    close(first);
    int second = pieces_lock(&pieces);
    assert_true(second >= 0);
    close(second);
    place_free(place);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* as hoichand does: a scanner may end before it has read everything */
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_file_still_becomes_ready_and_is_what_was_sent),
        ON_BOTH(test_file_still_that_cannot_be_audited_is_not_begun),
        ON_BOTH(test_file_of_a_foreign_type_is_refused_and_leaves_nothing),
        ON_BOTH(test_file_goes_past_the_scanner),
        ON_BOTH(test_file_with_a_lost_piece_does_not_become_ready),
        ON_BOTH(test_file_count_is_bounded),
        ON_BOTH(test_file_that_nobody_finishes_is_given_up),
        ON_BOTH(test_file_pieces_that_a_crash_left_are_removed),
        ON_BOTH(test_file_upload_has_one_writer),
    };
    signal(SIGPIPE, SIG_IGN); /* as hoichand does: a scanner may end before it has read all */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
