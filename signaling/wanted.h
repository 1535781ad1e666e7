/**
 * How large each picture is shown by whoever shows it largest. Its page is told (`wanted`) and encodes nothing larger: what nobody
 * shows would cost an old machine most of its processor, and a clinic's line up most of what it carries.
 *
 * Told at once when more is wanted, after a while when less is, so that who changes the layout twice waits for nothing. A picture
 * that nobody shows stays as it was, for who comes next; of one that may be recorded all is wanted. Thread: the main loop's.
 */
#ifndef SIGNALING_WANTED_H
#define SIGNALING_WANTED_H

#include <stdint.h>

enum { WANTED_LESS_S = 5 };

struct call;
struct participant;

void wanted_tell(struct call *call, int64_t now_s);
/** Its page may not have heard what was said last: everything is told anew. */
void wanted_forget(struct participant *participant);

#endif
