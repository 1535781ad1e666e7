#include "kiosk.h"

#include <sodium.h>
#include <string.h>

#include "consultation.h"

static const int64_t HOUR_US = (int64_t)3600 * G_USEC_PER_SEC;
enum { SEEN_EVERY_S = 15, HASH_TEXT_SIZE = 2 * crypto_generichash_BYTES + 1 };

static void new_secret(char secret[KIOSK_SECRET_SIZE])
{
    unsigned char bytes[32];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(secret, KIOSK_SECRET_SIZE, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/** Secrets are 256 random bits: a plain hash of them gives nothing away. */
static void hash(const char *secret, char text[HASH_TEXT_SIZE])
{
    unsigned char digest[crypto_generichash_BYTES];
    crypto_generichash(digest, sizeof digest, (const unsigned char *)secret, strlen(secret), NULL, 0);
    sodium_bin2hex(text, HASH_TEXT_SIZE, digest, sizeof digest);
}

static void new_code(char code[KIOSK_CODE_SIZE])
{
    static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    for (int i = 0; i < KIOSK_CODE_SIZE - 1; i++)
        code[i] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
    code[KIOSK_CODE_SIZE - 1] = '\0';
}

/* ---- pairing ---- */

struct begin {
    const char *address;
    int64_t now;
    struct kiosk_pairing *pairing;
};

static bool check_throttle(struct store *store, const struct begin *b, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT COUNT(*) AS open, COALESCE(SUM(CASE WHEN address = ? AND created_at > ? THEN 1 ELSE 0 END), 0) "
        "AS mine FROM kiosk_pairings",
        store_text(b->address), store_int(b->now - HOUR_US));
    if (!store_next(rows))
        return false;
    b->pairing->throttled = rows_int(rows, "open") >= KIOSK_PAIRINGS_OPEN_MAX ||
                            rows_int(rows, "mine") >= KIOSK_PAIRINGS_PER_ADDRESS;
    return true;
}

static bool begin_work(struct store *store, void *arg, GError **error)
{
    const struct begin *b = arg;
    struct kiosk_pairing *p = b->pairing;
    char secret_hash[HASH_TEXT_SIZE];
    /* Rows stay for an hour, so that the throttle can count them. */
    if (store_run(store, error, "DELETE FROM kiosk_pairings WHERE expires_at < ?", store_int(b->now - HOUR_US)) < 0 ||
        !check_throttle(store, b, error))
        return false;
    if (p->throttled)
        return true;
    store_new_id(p->id);
    new_code(p->code);
    new_secret(p->secret);
    hash(p->secret, secret_hash);
    p->expires_at = b->now + (int64_t)KIOSK_PAIRING_S * G_USEC_PER_SEC;
    return store_run(store, error,
                     "INSERT INTO kiosk_pairings (id, code, secret_hash, address, created_at, expires_at) "
                     "VALUES (?, ?, ?, ?, ?, ?)",
                     store_text(p->id), store_text(p->code), store_text(secret_hash), store_text(b->address),
                     store_int(b->now), store_int(p->expires_at)) == 1;
}

bool kiosk_begin_pairing(struct store *store, const char *address, int64_t now, struct kiosk_pairing *pairing,
                         GError **error)
{
    memset(pairing, 0, sizeof *pairing);
    return store_transaction(store, begin_work, &(struct begin){address, now, pairing}, error);
}

bool kiosk_ask_pairing(struct store *store, const char *id, const char *secret, int64_t now,
                       struct kiosk_paired *answer, GError **error)
{
    char digest[HASH_TEXT_SIZE];
    hash(secret, digest);
    answer->state = KIOSK_UNKNOWN;
    STORE_AUTO_ROWS rows = store_query(
        store, error, "SELECT secret_hash, kiosk_id FROM kiosk_pairings WHERE id = ? AND expires_at > ?",
        store_text(id), store_int(now));
    if (!store_next(rows))
        return rows != NULL;
    const char *expected = rows_text(rows, "secret_hash");
    if (strlen(expected) != strlen(digest) || sodium_memcmp(expected, digest, strlen(digest)) != 0)
        return true;
    answer->state = rows_null(rows, "kiosk_id") ? KIOSK_WAITING : KIOSK_PAIRED;
    if (answer->state == KIOSK_WAITING)
        return true;
    g_strlcpy(answer->kiosk, rows_text(rows, "kiosk_id"), sizeof answer->kiosk);
    new_secret(answer->token);
    hash(answer->token, digest);
    return store_run(store, error,
                     "UPDATE kiosks SET token_hash = ?, last_seen_at = ? WHERE id = ? AND removed_at IS NULL",
                     store_text(digest), store_int(now), store_text(answer->kiosk)) >= 0;
}

static bool insert_kiosk(struct store *store, const struct kiosk_pair *p, const char *pairing, const char *name,
                         GError **error)
{
    return store_run(store, error,
                     "INSERT INTO kiosks (id, room_id, name, paired_at, paired_by) VALUES (?, ?, ?, ?, ?)",
                     store_text(p->kiosk), store_text(p->room), store_text(p->name ? p->name : name), store_int(p->now),
                     store_text(p->by)) == 1 &&
           store_run(store, error, "UPDATE kiosk_pairings SET kiosk_id = ? WHERE id = ?", store_text(p->kiosk),
                     store_text(pairing)) == 1;
}

static bool pair_work(struct store *store, void *arg, GError **error)
{
    struct kiosk_pair *p = arg;
    g_autofree char *code = g_ascii_strup(p->code, -1);
    p->problem = NULL;
    STORE_AUTO_ROWS codes = store_query(
        store, error, "SELECT id FROM kiosk_pairings WHERE code = ? AND expires_at > ? AND kiosk_id IS NULL",
        store_text(code), store_int(p->now));
    STORE_AUTO_ROWS rooms = codes
                                ? store_query(store, error, "SELECT name FROM rooms WHERE id = ?", store_text(p->room))
                                : NULL;
    if (!rooms)
        return false;
    if (!store_next(codes))
        p->problem = "unknown-code";
    else if (!store_next(rooms))
        p->problem = "unknown-room";
    if (p->problem)
        return true;
    store_new_id(p->kiosk);
    return insert_kiosk(store, p, rows_text(codes, "id"), rows_text(rooms, "name"), error);
}

bool kiosk_pair(struct store *store, struct kiosk_pair *pair, GError **error)
{
    return store_transaction(store, pair_work, pair, error);
}

/* ---- afterwards ---- */

bool kiosk_of_token(struct store *store, const char *token, int64_t now, char kiosk[STORE_ID_SIZE], GError **error)
{
    char digest[HASH_TEXT_SIZE];
    hash(token, digest);
    kiosk[0] = '\0';
    STORE_AUTO_ROWS rows = store_query(
        store, error, "SELECT id, last_seen_at FROM kiosks WHERE token_hash = ? AND removed_at IS NULL",
        store_text(digest));
    if (!store_next(rows))
        return rows != NULL;
    g_strlcpy(kiosk, rows_text(rows, "id"), STORE_ID_SIZE);
    if (now - rows_int(rows, "last_seen_at") < (int64_t)SEEN_EVERY_S * G_USEC_PER_SEC)
        return true;
    return store_run(store, error, "UPDATE kiosks SET last_seen_at = ? WHERE id = ?", store_int(now),
                     store_text(kiosk)) >= 0;
}

static bool part_work(struct store *store, void *arg, GError **error)
{
    struct kiosk_part *part = arg;
    part->participant[0] = '\0';
    STORE_AUTO_ROWS rows = store_query(
        store, error,
        "SELECT k.name, s.name AS site, c.ends_at, (SELECT p.id FROM participants p WHERE p.consultation_id = c.id "
        "AND p.kiosk_id = k.id AND p.removed_at IS NULL ORDER BY p.created_at LIMIT 1) AS participant "
        "FROM kiosks k JOIN rooms r ON r.id = k.room_id JOIN sites s ON s.id = r.site_id "
        "JOIN consultations c ON c.room_id = k.room_id "
        "WHERE k.id = ? AND c.id = ? AND c.state IN ('booked', 'open')",
        store_text(part->kiosk), store_text(part->consultation));
    if (!store_next(rows))
        return rows != NULL;
    part->ends_at = rows_int(rows, "ends_at");
    if (!rows_null(rows, "participant")) {
        g_strlcpy(part->participant, rows_text(rows, "participant"), STORE_ID_SIZE);
        return true;
    }
    return consultation_add_participant(store,
                                        &(struct new_participant){.consultation = part->consultation,
                                                                  .name = rows_text(rows, "name"),
                                                                  .role = "kiosk",
                                                                  .kiosk_id = part->kiosk,
                                                                  .place = rows_text(rows, "site")},
                                        part->now, part->participant, error);
}

bool kiosk_take_part(struct store *store, struct kiosk_part *part, GError **error)
{
    return store_transaction(store, part_work, part, error);
}
