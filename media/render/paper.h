/**
 * A document set on A4 pages as PDF: hoichan-render --paper < document.json > document.pdf. What it says is the caller's; this
 * knows headings, paragraphs and page breaks.
 *
 *     {"title", "foot", "blocks": [{"kind": "heads", "left": [line], "right": [line]},
 *                                  {"kind": "title", "text", "under"}, {"kind": "heading", "text"},
 *                                  {"kind": "text", "text"}, {"kind": "small", "text"},
 *                                  {"kind": "pairs", "rows": [[name, value]]},
 *                                  {"kind": "signatures", "people": [{"part", "lines": [line], "name"}]}]}
 *
 * Text is set by Pango, so that every Vietnamese letter has its marks; unknown kinds are left out. Pure but for the fonts.
 */
#ifndef MEDIA_RENDER_PAPER_H
#define MEDIA_RENDER_PAPER_H

#include <glib.h>
#include <jansson.h>

enum { PAPER_INPUT_MAX = 2 * 1024 * 1024, PAPER_PAGES_MAX = 200 };

/** NULL when it cannot be set: no memory, or more pages than anybody reads. Caller frees. */
GByteArray *paper_pdf(const json_t *document);

#endif
