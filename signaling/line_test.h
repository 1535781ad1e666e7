/**
 * Line tests: before joining, a browser tries each way to the media workers (UDP, TCP, TURN…) with a peer connection that
 * belongs to no consultation. Each test is a room of its own at a worker, with one transport, no track and no slot, that
 * goes by itself after LINE_TEST_S. Nobody in a consultation sees it, and the house is not told.
 *
 * Thread: the main loop's.
 */
#ifndef SIGNALING_LINE_TEST_H
#define SIGNALING_LINE_TEST_H

#include "core.h"

enum {
    LINE_TEST_S = 12,
    LINE_TESTS_MAX = 64,  /* at a time, on this server */
    LINE_TESTS_EACH = 12, /* at a time, of one participant: two rounds of all the ways there are */
};

void line_tests_free(GPtrArray *tests);
GPtrArray *line_tests_new(void);
/** Ends those that are due. */
void line_test_tick(struct signaling *signaling, int64_t now_s);
/** Whether a room at a worker is a line test's: what a former process left is closed, not taken for a consultation. */
bool line_test_is_room(const char *room);

#endif
