#include "ticket.h"

#include <cjose/cjose.h>
#include <ctype.h>
#include <jansson.h>
#include <string.h>

/* ---- making ---- */

static char *claims_of(const struct ticket *ticket)
{
    json_t *claims = json_pack("{s:s, s:s, s:s, s:s, s:I}", "use", ticket->use, "con", ticket->consultation, "sub",
                               ticket->participant, "role", ticket->role, "exp", (json_int_t)ticket->expires_s);
    if (claims && ticket->session[0])
        json_object_set_new(claims, "sid", json_string(ticket->session));
    char *text = claims ? json_dumps(claims, JSON_COMPACT) : NULL;
    json_decref(claims);
    return text;
}

static char *sign(const char *claims, const cjose_jwk_t *jwk)
{
    cjose_err error;
    cjose_header_t *header = cjose_header_new(&error);
    if (!header)
        return NULL;
    char *text = NULL;
    cjose_jws_t *jws = NULL;
    const char *compact = NULL;
    if (cjose_header_set(header, CJOSE_HDR_ALG, CJOSE_HDR_ALG_HS256, &error))
        jws = cjose_jws_sign(jwk, header, (const uint8_t *)claims, strlen(claims), &error);
    if (jws && cjose_jws_export(jws, &compact, &error))
        text = strdup(compact);
    cjose_jws_release(jws);
    cjose_header_release(header);
    return text;
}

char *ticket_make(const struct ticket *ticket, const unsigned char key[TICKET_KEY_SIZE])
{
    char *claims = claims_of(ticket);
    if (!claims)
        return NULL;
    cjose_err error;
    cjose_jwk_t *jwk = cjose_jwk_create_oct_spec(key, TICKET_KEY_SIZE, &error);
    char *text = jwk ? sign(claims, jwk) : NULL;
    cjose_jwk_release(jwk);
    free(claims);
    return text;
}

/* ---- checking ---- */

/* Three non-empty base64url parts and nothing else: what cannot be ours never reaches the library. */
static bool looks_compact(const char *text)
{
    size_t dots = 0, run = 0, size = 0;
    for (; text[size]; size++) {
        if (size >= TICKET_MAX)
            return false;
        unsigned char c = (unsigned char)text[size];
        if (c == '.') {
            if (run == 0)
                return false;
            dots++;
            run = 0;
        } else if (isalnum(c) || c == '-' || c == '_') {
            run++;
        } else {
            return false;
        }
    }
    return dots == 2 && run > 0;
}

static bool is_name(const char *text)
{
    size_t size = 0;
    for (; text[size]; size++)
        if (!isalnum((unsigned char)text[size]) && !strchr("_.-", text[size]))
            return false;
    return size >= 1 && size <= 64;
}

static bool copy_claim(const json_t *claims, const char *claim, char *into, size_t room)
{
    const char *text = json_string_value(json_object_get(claims, claim));
    if (!text || strlen(text) >= room || !is_name(text))
        return false;
    strcpy(into, text);
    return true;
}

static bool read_claims(const json_t *claims, struct ticket *ticket)
{
    memset(ticket, 0, sizeof *ticket);
    const json_t *expires = json_object_get(claims, "exp");
    if (!json_is_integer(expires))
        return false;
    ticket->expires_s = json_integer_value(expires);
    if (json_object_get(claims, "sid") && !copy_claim(claims, "sid", ticket->session, sizeof ticket->session))
        return false;
    return copy_claim(claims, "use", ticket->use, sizeof ticket->use) &&
           copy_claim(claims, "con", ticket->consultation, sizeof ticket->consultation) &&
           copy_claim(claims, "sub", ticket->participant, sizeof ticket->participant) &&
           copy_claim(claims, "role", ticket->role, sizeof ticket->role);
}

/* The claims of a token whose signature holds, else NULL. Only HS256: the algorithm is ours to name, not the
 * token's. */
static json_t *verified_claims(cjose_jws_t *jws, const cjose_jwk_t *jwk)
{
    cjose_err error;
    const char *algorithm = cjose_header_get(cjose_jws_get_protected(jws), CJOSE_HDR_ALG, &error);
    if (!algorithm || strcmp(algorithm, CJOSE_HDR_ALG_HS256) != 0 || !cjose_jws_verify(jws, jwk, &error))
        return NULL;
    uint8_t *plain = NULL;
    size_t size = 0;
    if (!cjose_jws_get_plaintext(jws, &plain, &size, &error))
        return NULL;
    return json_loadb((const char *)plain, size, JSON_REJECT_DUPLICATES, NULL);
}

enum ticket_verdict ticket_check(const char *text, const unsigned char key[TICKET_KEY_SIZE], int64_t now_s,
                                 struct ticket *ticket)
{
    if (!text || !looks_compact(text))
        return TICKET_INVALID;
    cjose_err error;
    cjose_jws_t *jws = cjose_jws_import(text, strlen(text), &error);
    if (!jws)
        return TICKET_INVALID;
    cjose_jwk_t *jwk = cjose_jwk_create_oct_spec(key, TICKET_KEY_SIZE, &error);
    json_t *claims = jwk ? verified_claims(jws, jwk) : NULL;
    struct ticket found;
    bool good = claims && read_claims(claims, &found);
    json_decref(claims);
    cjose_jwk_release(jwk);
    cjose_jws_release(jws);
    if (!good)
        return TICKET_INVALID;
    *ticket = found;
    return found.expires_s > now_s ? TICKET_GOOD : TICKET_EXPIRED;
}
