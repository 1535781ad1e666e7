/**
 * Signed minutes as a document to be set on paper (media/render/paper.h), in Vietnamese, as hospitals keep them. Pure.
 * Thread: any.
 */
#ifndef SERVER_RECORDS_MINUTES_PAPER_H
#define SERVER_RECORDS_MINUTES_PAPER_H

#include <jansson.h>

/** As they were signed. `minutes` as minutes_json() has them. Caller owns the result. */
json_t *minutes_paper(const json_t *minutes);
/** The same with its addenda below, as it is handed out. */
json_t *minutes_print(const json_t *minutes);

#endif
