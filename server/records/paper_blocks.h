/**
 * Pieces of a document to be set on paper (media/render/paper.h), in Vietnamese, as hospitals keep them. Pure. Thread: any.
 *
 * Owns: what is added to `blocks` belongs to them; what has a char * result, the caller frees.
 */
#ifndef SERVER_RECORDS_PAPER_BLOCKS_H
#define SERVER_RECORDS_PAPER_BLOCKS_H

#include <glib.h>
#include <jansson.h>

/** "" when there is none. */
const char *block_text_of(const json_t *object, const char *name);
/** A time of ours as the clock on the wall has it; `format` as g_date_time_format. "…" when there is none. */
char *block_wall(const json_t *object, const char *name, const char *format);
/** What `code` is called in a table ended by NULL, else itself. */
const char *block_named(const char *const names[][2], const char *code);
const char *block_role(const char *role);

void block_add(json_t *blocks, const char *kind, const char *text);
/** A heading with what was written under it; that nothing was, is said. */
void block_section(json_t *blocks, const char *heading, const char *text);
/** Rows of names and values, filled by block_pair: borrowed. */
json_t *block_pairs(json_t *blocks);
/** Nothing when the value is empty. */
void block_pair(json_t *rows, const char *name, const char *value);
/** Who issues it and the state's name side by side, and the title under them. `consultation`: as in minutes_content.h. */
void block_head(json_t *blocks, const json_t *consultation, const char *title, const char *under);
/** One hand under its part. `method`: account or ticket. Caller owns it. */
json_t *block_signature(const char *part, const json_t *at_of, const char *at, const char *method, const char *name);
void block_signatures(json_t *blocks, json_t *people);

#endif
