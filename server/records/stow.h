/**
 * STOW-RS: DICOM objects in one request to a PACS, and the reading of its answer. Pure; the reading is fuzzed
 * (tests/fuzz/fuzz_stow_answer.c). DICOM PS3.18 §10.5 (Store transaction).
 */
#ifndef SERVER_RECORDS_STOW_H
#define SERVER_RECORDS_STOW_H

#include <glib.h>
#include <stddef.h>

/** Appends one object to the body. The boundary must be one that nobody who made the object could guess. */
void stow_add(GByteArray *body, const char *boundary, const GByteArray *object);
void stow_end(GByteArray *body, const char *boundary);
/** "Content-Type: multipart/related; …". Caller frees. */
char *stow_content_type(const char *boundary);

enum stow_verdict { STOW_STORED, STOW_REFUSED, STOW_TRY_LATER };
/** What an answer means; what the PACS had already counts as stored. `reason` says in one line what an admin should know. */
enum stow_verdict stow_read_answer(long status, const char *body, size_t size, char *reason, size_t reason_size);

#endif
