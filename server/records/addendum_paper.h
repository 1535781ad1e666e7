/** An addendum to minutes on paper (paper_blocks.h): by itself, as it is filed, and below the minutes. Pure. Thread: any. */
#ifndef SERVER_RECORDS_ADDENDUM_PAPER_H
#define SERVER_RECORDS_ADDENDUM_PAPER_H

#include <jansson.h>

/** Adds it to `blocks`. `addendum` as addenda_json() has it. */
void addendum_blocks(json_t *blocks, const json_t *addendum);
/** A document of its own. `minutes` as minutes_json() has them. Caller owns it; NULL when there is no such number. */
json_t *addendum_paper(const json_t *minutes, size_t number);

#endif
