/**
 * Signed minutes as a document to be set on paper (media/render/paper.h), in Vietnamese, as hospitals keep them. Pure.
 * Thread: any.
 */
#ifndef SERVER_RECORDS_MINUTES_PAPER_H
#define SERVER_RECORDS_MINUTES_PAPER_H

#include <jansson.h>

/** `minutes` as minutes_json() has them. Caller owns the result. */
json_t *minutes_paper(const json_t *minutes);

#endif
