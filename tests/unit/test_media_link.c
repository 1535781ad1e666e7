#include "signaling/media_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>

#include "media/ipc.h"

/* The far end is a bare descriptor: the test reads and writes it when it likes, as a slow or dying worker does. */
struct line {
    char *dir, *path;
    int listen_fd, fd;
    struct media_link *link;
    int ready, lost, events;
    int answered, refused, lost_answers, freed;
};

static void on_ready(void *arg, struct media_link *link)
{
    (void)link;
    ((struct line *)arg)->ready++;
}

static void on_event(void *arg, struct media_link *link, const char *event, json_t *message)
{
    (void)link, (void)event, (void)message;
    ((struct line *)arg)->events++;
}

static void on_lost(void *arg, struct media_link *link)
{
    (void)link;
    ((struct line *)arg)->lost++;
}

static void on_answer(void *arg, const char *problem, json_t *answer)
{
    (void)answer;
    struct line *line = arg;
    line->answered += !problem;
    line->refused += problem && strcmp(problem, "not_found") == 0;
    line->lost_answers += problem && strcmp(problem, "lost") == 0;
}

static void on_free(void *arg)
{
    ((struct line *)arg)->freed++;
}

static void turn(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static void say(const struct line *line, const char *text)
{
    assert_int_equal(ipc_send(line->fd, text, strlen(text), -1), 0);
    turn();
}

static json_t *hear(const struct line *line)
{
    static char text[IPC_MESSAGE_MAX + 1];
    int passed;
    ssize_t size = ipc_receive(line->fd, text, &passed);
    if (passed >= 0)
        close(passed);
    return size > 0 ? json_loadb(text, (size_t)size, 0, NULL) : NULL;
}

static void line_open(struct line *line)
{
    memset(line, 0, sizeof *line);
    line->dir = g_dir_make_tmp("hoichan-link-XXXXXX", NULL);
    line->path = g_build_filename(line->dir, "0.sock", NULL);
    assert_int_equal(ipc_listen(line->path, &line->listen_fd), 0);
    const struct media_link_handler handler = {on_ready, on_event, on_lost, line};
    assert_int_equal(media_link_open(0, line->path, &handler, &line->link), 0);
    line->fd = accept4(line->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(line->fd >= 0);
    json_decref(hear(line)); /* hello */
    say(line, "{\"id\":1,\"ok\":true,\"proto\":1,\"fingerprint\":{\"alg\":\"sha-256\",\"value\":\"AA\"}}");
    say(line, "{\"event\":\"snapshot.room\",\"room\":\"r\"}");
    say(line, "{\"event\":\"snapshot.end\"}");
}

static void line_close(struct line *line)
{
    media_link_close(line->link);
    if (line->fd >= 0)
        close(line->fd);
    close(line->listen_fd);
    g_unlink(line->path);
    g_rmdir(line->dir);
    g_free(line->path);
    g_free(line->dir);
}

static void request(struct line *line, int number)
{
    media_link_request(line->link, "test", json_pack("{s:i}", "number", number), -1,
                       (struct media_answer){on_answer, line, on_free});
}

static void test_media_link_is_ready_after_the_snapshot(void **state)
{
    (void)state;
    struct line line;
    line_open(&line);
    assert_int_equal(line.ready, 1);
    assert_int_equal(line.events, 1);
    assert_true(media_link_is_ready(line.link));
    assert_string_equal(media_link_fingerprint(line.link), "AA");
    line_close(&line);
}

static void test_media_link_answers_find_their_requests(void **state)
{
    (void)state;
    struct line line;
    line_open(&line);
    request(&line, 1);
    request(&line, 2);
    say(&line, "{\"id\":3,\"ok\":false,\"code\":\"not_found\"}");
    say(&line, "{\"id\":2,\"ok\":true}");
    say(&line, "{\"id\":2,\"ok\":true}"); /* said twice: heard once */
    say(&line, "{\"id\":99,\"ok\":true}");
    say(&line, "not json");
    assert_int_equal(line.answered, 1);
    assert_int_equal(line.refused, 1);
    assert_int_equal(line.freed, 2);
    line_close(&line);
}

static void test_media_link_keeps_order_while_the_worker_does_not_read(void **state)
{
    (void)state;
    struct line line;
    line_open(&line);
    for (int i = 0; i < 3000; i++)
        request(&line, i);
    turn();
    int next = 0;
    for (int idle = 0; next < 3000 && idle < 1000; idle++) {
        json_t *message;
        while ((message = hear(&line))) {
            assert_int_equal(json_integer_value(json_object_get(message, "number")), next++);
            json_decref(message);
        }
        turn();
    }
    assert_int_equal(next, 3000);
    line_close(&line);
    assert_int_equal(line.freed, 3000); /* unheard answers are dropped, what they held is not kept */
}

static void test_media_link_that_reads_nothing_is_given_up(void **state)
{
    (void)state;
    struct line line;
    line_open(&line);
    for (int i = 0; i < 20000; i++)
        request(&line, i);
    turn();
    assert_int_equal(line.lost, 1);
    assert_true(media_link_is_lost(line.link));
    line_close(&line);
    assert_int_equal(line.freed, 20000);
}

static void test_media_link_loss_is_told_once_and_to_all_who_wait(void **state)
{
    (void)state;
    struct line line;
    line_open(&line);
    request(&line, 1);
    close(line.fd);
    line.fd = -1;
    turn();
    assert_int_equal(line.lost, 1);
    assert_int_equal(line.lost_answers, 1);
    request(&line, 2); /* too late: answered at once */
    turn();
    assert_int_equal(line.lost_answers, 2);
    assert_int_equal(line.lost, 1);
    assert_int_equal(line.freed, 2);
    line_close(&line);
}

static void test_media_link_to_nobody_fails_at_once(void **state)
{
    (void)state;
    struct media_link *link;
    const struct media_link_handler handler = {on_ready, on_event, on_lost, NULL};
    assert_true(media_link_open(0, "/nonexistent/0.sock", &handler, &link) < 0);
    media_link_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_media_link_is_ready_after_the_snapshot),
        cmocka_unit_test(test_media_link_answers_find_their_requests),
        cmocka_unit_test(test_media_link_keeps_order_while_the_worker_does_not_read),
        cmocka_unit_test(test_media_link_that_reads_nothing_is_given_up),
        cmocka_unit_test(test_media_link_loss_is_told_once_and_to_all_who_wait),
        cmocka_unit_test(test_media_link_to_nobody_fails_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
