/**
 * A consultation as FHIR R4: one transaction Bundle for the hospital's record system (EMR), and the reading of its
 * answer.
 *
 * Every resource of ours is PUT under an id made of our own ids, and the patient is created only when the EMR has
 * nobody with that identifier, so the same Bundle sent twice changes nothing. Pure: no store, no network, no clock.
 * Thread: any.
 */
#ifndef SERVER_RECORDS_FHIR_H
#define SERVER_RECORDS_FHIR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FHIR_PEOPLE_MAX = 200,
    FHIR_STAYS_MAX = 500,
    FHIR_DOCUMENTS_MAX = 50,
    FHIR_STILLS_MAX = 200,
    FHIR_CONSENTS_MAX = 800,
    FHIR_SIGNATURES_MAX = 2,
    FHIR_ADDENDA_MAX = 20
};

struct fhir_patient {
    const char *system, *value, *name, *birth_date, *sex; /* birth_date may be NULL */
};

struct fhir_person {
    const char *id, *name, *role, *place; /* place may be NULL */
};

/** The last word of one voice on one purpose: take-part, record, observers, photographs. */
struct fhir_consent {
    const char *person, *name, *purpose; /* who said it */
    bool for_patient;                    /* for the patient who sat beside */
    int word;                            /* 1 agreed, -1 refused, -2 taken back */
    int64_t at;
};

struct fhir_stay {
    const char *name, *role;
    int64_t joined_at, left_at; /* left_at 0: still there */
};

/** A finished file of a recording. */
struct fhir_document {
    const char *recording, *name, *type;
    uint64_t size;
    const char *sha1, *sha256; /* hex */
    int64_t started_at, ended_at, ready_at;
};

/** A photograph taken at the far end, and what was drawn on it. */
struct fhir_still {
    const char *id, *type, *sha1, *sha256;
    const char *source, *owner, *asker; /* which camera, whose, who asked for it; asker may be NULL */
    uint64_t size;
    int64_t taken_at, ready_at;
    const char *marks;                                            /* SVG, or NULL */
    const char *study, *series, *instance, *sop_class, *modality; /* DICOM names in the PACS; NULL when there is none */
};

struct fhir_signature {
    const char *part, *name, *jws; /* chair or secretary */
    int64_t at;
};

/** The minutes when all have signed, or an addendum to them: as it is read, and byte for byte what was signed. */
struct fhir_paper {
    const char *pdf; /* base64 */
    uint64_t pdf_size;
    const char *pdf_sha1, *pdf_sha256; /* hex */
    const char *content;
    struct fhir_signature signatures[FHIR_SIGNATURES_MAX];
    size_t signature_count;
    int64_t final_at; /* its last signature */
};

struct fhir_filing {
    const char *origin; /* https://host of our API */
    const char *consultation, *kind, *title, *language, *state;
    const char *reason;                               /* may be NULL */
    int64_t starts_at, ends_at, started_at, ended_at; /* the last two may be 0 */
    int64_t filed_at;                                 /* when filing was decided: the same in every try */
    const char *room, *site;                          /* may be NULL */
    const struct fhir_patient *patient;               /* may be NULL */
    struct fhir_person people[FHIR_PEOPLE_MAX];
    size_t people_count;
    struct fhir_consent consents[FHIR_CONSENTS_MAX];
    size_t consent_count;
    struct fhir_stay stays[FHIR_STAYS_MAX];
    size_t stay_count;
    struct fhir_document documents[FHIR_DOCUMENTS_MAX];
    size_t document_count;
    struct fhir_still stills[FHIR_STILLS_MAX];
    size_t still_count;
    const struct fhir_paper *minutes; /* NULL: not signed by all */
    const struct fhir_paper *addenda; /* to them, from number 1 on */
    size_t addendum_count;
};

/** Caller owns the Bundle. */
json_t *fhir_bundle(const struct fhir_filing *filing);

enum fhir_verdict { FHIR_FILED, FHIR_REFUSED, FHIR_TRY_LATER };
/**
 * What an answer to `sent` means. An EMR may answer 200 and still have refused entries: that is a refusal. `reason`
 * says in one line what an admin should know. FHIR_REFUSED: trying the same again will not help.
 */
enum fhir_verdict fhir_read_answer(const json_t *sent, long status, const char *body, size_t size, char *reason,
                                   size_t reason_size);

#endif
