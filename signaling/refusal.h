/** The protocol's problems as answers over HTTP: which status each has, and when to come again. */
#ifndef SIGNALING_REFUSAL_H
#define SIGNALING_REFUSAL_H

#include "signaling.h"

/** Answers with `problem`, a code of hoichan.v1. 503 says when to come again; a code that is not known is a 500. */
void refusal_answer(http_answer_fn done, void *arg, const char *problem);

#endif
