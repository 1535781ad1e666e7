/**
 * Inside FHIR: the pieces that its resources are made of (fhir_parts.c), and what adds whole resources to a Bundle's entries:
 * fhir_documents.c what was recorded and photographed, fhir_sheets.c the minutes, fhir.c the rest. Not for others.
 *
 * Owns: what is returned is the caller's. Pure.
 */
#ifndef SERVER_RECORDS_FHIR_PARTS_H
#define SERVER_RECORDS_FHIR_PARTS_H

#include "fhir.h"

enum { FHIR_ID_SIZE = 65, FHIR_URN_SIZE = 64 };
#define FHIR_TERMINOLOGY "http://terminology.hl7.org/CodeSystem/"

/** Microseconds; what is 0 is left out. */
json_t *fhir_period(int64_t from, int64_t to);
json_t *fhir_coded(const char *system, const char *code, const char *display);
json_t *fhir_text_concept(const char *text);
/** A Reference to somebody who is no resource. */
json_t *fhir_display(const char *text);

/** An id of ours, "hoichan-<one>-<two>"; `two` may be NULL. */
void fhir_our_id(char id[FHIR_ID_SIZE], const char *one, const char *two);
json_t *fhir_reference(const char *type, const char *id);
/** To the consultation's one resource of that type. */
json_t *fhir_reference_to(const char *type, const struct fhir_filing *f);
/** Identifiers of ours are addresses in our API. */
json_t *fhir_identifier(const struct fhir_filing *f, const char *collection, const char *id);
/** The patient's place in this Bundle: the same for the same patient, as every byte of the Bundle is. */
void fhir_patient_urn(const struct fhir_patient *patient, char urn[FHIR_URN_SIZE]);
/** Nothing without a patient. */
void fhir_set_patient(json_t *resource, const char *element, const struct fhir_filing *f);
/** FHIR has no empty arrays. Owns: takes `array`. */
void fhir_set_array(json_t *resource, const char *element, json_t *array);

/** A resource with an id of ours. */
json_t *fhir_ours(const char *type, const char *one, const char *two);
/** What every document of ours says of itself. `kind`: "recordings" or "files", in whose address `id` is good. */
json_t *fhir_document(const struct fhir_filing *f, const char *kind, const char *id, const char *sha256);
/** R4's Attachment.hash is SHA-1. */
void fhir_set_hash(json_t *attachment, const char *hex);
/** Among the entries, to be PUT under its own id. Owns: takes `resource`. */
void fhir_put(json_t *entries, json_t *resource);

/** DocumentReferences of recordings and stills, and the ImagingStudy of those in the PACS. */
void fhir_add_documents(json_t *entries, const struct fhir_filing *f);
/** DocumentReferences of the minutes and each addendum; of none while they are not signed by all. */
void fhir_add_sheets(json_t *entries, const struct fhir_filing *f);
/** Who signed them. */
void fhir_add_signatures(json_t *entries, const struct fhir_filing *f);

#endif
