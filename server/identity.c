#define G_LOG_DOMAIN "identity"
#include "server/identity.h"

#include <sodium.h>
#include <string.h>

#include "server/config.h"
#include "server/http_core.h"
#include "server/problem.h"
#include "server/server.h"
#include "server/store/store.h"

enum {
    HASH_OPERATIONS = 3,
    HASH_MEMORY = 32 * 1024 * 1024, /* with 3 passes as strong as libsodium's INTERACTIVE, at half its memory */
    HASHES_AT_ONCE = 4,
    SEEN_EVERY_S = 60, /* how exactly last_seen_at is kept */
};

struct identity {
    int hashing; /* how many pool threads are at it; atomic */
    char nobody[IDENTITY_HASH_SIZE];
    char local[IDENTITY_DIGEST_SIZE]; /* of hoichanctl's token; set before there are threads */
};

/* ---- passwords ---- */

static bool hash(const char *password, char out[IDENTITY_HASH_SIZE])
{
    return crypto_pwhash_str_alg(out, password, strlen(password), HASH_OPERATIONS, HASH_MEMORY,
                                 crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static bool enter(struct identity *identity)
{
    if (g_atomic_int_add(&identity->hashing, 1) < HASHES_AT_ONCE)
        return true;
    g_atomic_int_add(&identity->hashing, -1);
    return false;
}

static void leave(struct identity *identity)
{
    g_atomic_int_add(&identity->hashing, -1);
}

bool identity_hash_password(struct identity *identity, const char *password, char out[IDENTITY_HASH_SIZE])
{
    if (!enter(identity))
        return false;
    bool hashed = hash(password, out);
    leave(identity);
    return hashed;
}

enum password_verdict identity_verify_password(struct identity *identity, const char *stored, const char *password)
{
    if (strlen(password) > IDENTITY_PASSWORD_MAX)
        password = "";
    if (!enter(identity))
        return PASSWORD_BUSY;
    bool matches = crypto_pwhash_str_verify(stored ? stored : identity->nobody, password, strlen(password)) == 0;
    leave(identity);
    return stored && matches ? PASSWORD_GOOD : PASSWORD_WRONG;
}

const char *identity_password_fault(const char *password, const char *username)
{
    if (!g_utf8_validate(password, -1, NULL) || g_utf8_strlen(password, -1) < IDENTITY_PASSWORD_MIN)
        return "password-too-short";
    if (strlen(password) > IDENTITY_PASSWORD_MAX)
        return "too-long";
    g_autofree char *low = g_utf8_casefold(password, -1), *name = g_utf8_casefold(username, -1);
    return strlen(name) >= 4 && strstr(low, name) ? "password-has-name" : NULL;
}

void identity_one_time_password(char password[IDENTITY_ONE_TIME_SIZE])
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789"; /* none that look alike */

    for (size_t i = 0; i < IDENTITY_ONE_TIME_SIZE - 1; i++)
        password[i] = i % 5 == 4 ? '-' : letters[randombytes_uniform(sizeof letters - 1)];
    password[IDENTITY_ONE_TIME_SIZE - 1] = '\0';
}

/* ---- secrets ---- */

void identity_new_secret(char secret[IDENTITY_SECRET_SIZE])
{
    unsigned char raw[32];

    randombytes_buf(raw, sizeof raw);
    sodium_bin2base64(secret, IDENTITY_SECRET_SIZE, raw, sizeof raw, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(raw, sizeof raw);
}

void identity_digest(const char *secret, char digest[IDENTITY_DIGEST_SIZE])
{
    unsigned char raw[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(raw, (const unsigned char *)secret, strlen(secret));
    sodium_bin2hex(digest, IDENTITY_DIGEST_SIZE, raw, sizeof raw);
}

/* ---- who asks ---- */

static bool is_write(const struct request *request)
{
    return request->method != HTTP_GET && request->method != HTTP_OPTIONS;
}

bool identity_same_origin(const struct request *request)
{
    const char *origin = request_header(request, "origin"), *host = request_header(request, "host");

    if (!origin || !strcmp(origin, request_origin(request)))
        return true;
    return g_str_has_prefix(origin, "https://") && !g_ascii_strcasecmp(origin + strlen("https://"), host);
}

static struct response *check_csrf(const struct request *request, const char *csrf)
{
    const char *given = request_header(request, "x-csrf-token");

    if (!identity_same_origin(request) || !given || strlen(given) != strlen(csrf) ||
        sodium_memcmp(given, csrf, strlen(csrf)))
        return problem(request, "csrf");
    return NULL;
}

/** Sent by a page that nobody has touched for a minute: what it asks of itself is no use of the session. */
static const char UNATTENDED[] = "x-unattended";

static void touch(struct request *request, const char *session, int64_t last_seen_us)
{
    if (request->now_us - last_seen_us > (int64_t)SEEN_EVERY_S * G_USEC_PER_SEC)
        store_run(request->store, NULL, "UPDATE sessions SET last_seen_at = ? WHERE id = ?", store_int(request->now_us),
                  store_text(session));
}

static void set_language(struct request *request, const char *of_session, const char *of_user)
{
    if (of_session)
        g_strlcpy(request->caller.language, of_session, sizeof request->caller.language);
    else if (of_user && !request_header(request, "accept-language"))
        g_strlcpy(request->caller.language, of_user, sizeof request->caller.language);
}

/* By the cookie: fills the caller when there is a good session. */
static struct response *check_session(struct request *request, bool used)
{
    char cookie[HTTP_COOKIE_MAX], digest[IDENTITY_DIGEST_SIZE];

    if (!http_parse_cookie(request_header(request, "cookie"), IDENTITY_COOKIE, cookie))
        return problem(request, "not-signed-in");
    identity_digest(cookie, digest);
    g_autoptr(GError) error = NULL;
    STORE_AUTO_ROWS rows = store_query(
        request->store, &error,
        "SELECT s.user_id, s.csrf, s.language, s.last_seen_at, u.role, u.must_change_password, "
        "u.language AS user_language FROM sessions s JOIN users u ON u.id = s.user_id "
        "WHERE s.id = ? AND u.active = 1 AND s.expires_at > ? AND (s.last_seen_at > ? OR EXISTS "
        "(SELECT 1 FROM shifts h WHERE h.user_id = s.user_id AND h.starts_at <= ? AND h.ends_at > ?))",
        store_text(digest), store_int(request->now_us),
        store_int(request->now_us - (int64_t)IDENTITY_IDLE_S * G_USEC_PER_SEC), store_int(request->now_us),
        store_int(request->now_us));
    if (error)
        return problem_retry(request, "busy", 5);
    if (!store_next(rows))
        return problem(request, "not-signed-in");
    set_language(request, rows_text(rows, "language"), rows_text(rows, "user_language"));
    struct response *refused = is_write(request) ? check_csrf(request, rows_text(rows, "csrf")) : NULL;
    if (refused)
        return refused;
    request->caller.kind = CALLER_USER;
    request->caller.admin = !strcmp(rows_text(rows, "role"), "admin");
    request->caller.must_change_password = rows_bool(rows, "must_change_password");
    g_strlcpy(request->caller.id, rows_text(rows, "user_id"), sizeof request->caller.id);
    g_strlcpy(request->caller.session, digest, sizeof request->caller.session);
    if (used)
        touch(request, digest, rows_int(rows, "last_seen_at"));
    return NULL;
}

void identity_set_local_token(struct identity *identity, const char *secret)
{
    identity_digest(secret, identity->local);
}

static struct response *check_token(const struct identity *identity, struct request *request, const char *token)
{
    char digest[IDENTITY_DIGEST_SIZE];
    g_autoptr(GError) error = NULL;

    identity_digest(token, digest);
    if (*identity->local && !sodium_memcmp(digest, identity->local, IDENTITY_DIGEST_SIZE)) {
        request->caller = (struct caller){.kind = CALLER_SOFTWARE, .admin = true, .id = "local"};
        return NULL;
    }
    STORE_AUTO_ROWS rows = store_query(request->store, &error,
                                       "SELECT id, last_used_at FROM api_tokens WHERE token_hash = ? "
                                       "AND revoked_at IS NULL",
                                       store_text(digest));
    if (error)
        return problem_retry(request, "busy", 5);
    if (!store_next(rows))
        return problem(request, "token-invalid");
    request->caller.kind = CALLER_SOFTWARE;
    request->caller.admin = true;
    g_strlcpy(request->caller.id, rows_text(rows, "id"), sizeof request->caller.id);
    if (request->now_us - rows_int(rows, "last_used_at") > (int64_t)SEEN_EVERY_S * G_USEC_PER_SEC)
        store_run(request->store, NULL, "UPDATE api_tokens SET last_used_at = ? WHERE id = ?",
                  store_int(request->now_us), store_text(request->caller.id));
    return NULL;
}

struct response *identity_check(struct identity *identity, struct request *request, const struct route *route)
{
    const char *token = request_bearer(request);
    enum access access = route->access;

    if (access == ACCESS_ANYONE || (access == ACCESS_THERE && token && strchr(token, '.')))
        return NULL; /* a ticket has dots, a token of ours has none */
    struct response *refused = token ? check_token(identity, request, token)
                                     : check_session(request, !request_header(request, UNATTENDED));
    if (refused)
        return refused;
    const struct caller *caller = &request->caller;
    if (access == ACCESS_SIGNED_IN)
        return caller->kind == CALLER_USER ? NULL : problem(request, "not-allowed");
    if (caller->must_change_password)
        return problem(request, "password-change-required");
    return access == ACCESS_ADMIN && !caller->admin ? problem(request, "not-allowed") : NULL;
}

/* ---- the first admin ---- */

static bool read_first_password(const char *path, char **password, GError **error)
{
    if (!g_file_get_contents(path, password, NULL, error))
        return false;
    g_strchomp(*password);
    const char *fault = identity_password_fault(*password, "admin");
    if (fault) {
        g_set_error(error, CONFIG_ERROR, 0, "%s: the password in it is not good: %s", path,
                    problem_reason(fault, "en"));
        return false;
    }
    return true;
}

static bool add_admin(struct store *store, const char *password_hash, bool must_change, GError **error)
{
    char id[STORE_ID_SIZE];
    int64_t now_us = g_get_real_time();
    g_autofree char *search = store_fold("admin Quản trị");

    store_new_id(id);
    return store_run(store, error,
                     "INSERT INTO users (id, username, name, role, language, active, password_hash, "
                     "must_change_password, search, created_at) VALUES (?, 'admin', 'Quản trị', 'admin', 'vi', 1, ?, "
                     "?, ?, ?) ON CONFLICT (username) DO NOTHING",
                     store_text(id), store_text(password_hash), store_int(must_change), store_text(search),
                     store_int(now_us)) >= 0;
}

bool identity_found(struct identity *identity, struct store *store, const struct config *config,
                    char one_time[IDENTITY_ONE_TIME_SIZE], GError **error)
{
    char password_hash[IDENTITY_HASH_SIZE];
    g_autofree char *password = NULL;
    bool from_file = *config->server.admin_password_file;
    STORE_AUTO_ROWS rows = store_query(store, error, "SELECT id FROM users LIMIT 1");

    (void)identity;
    one_time[0] = '\0';
    if (!rows)
        return false;
    if (store_next(rows))
        return true;
    if (from_file && !read_first_password(config->server.admin_password_file, &password, error))
        return false;
    if (!from_file)
        identity_one_time_password(one_time);
    if (!hash(from_file ? password : one_time, password_hash)) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED, "not enough memory to hash a password");
        return false;
    }
    if (password)
        sodium_memzero(password, strlen(password));
    return add_admin(store, password_hash, !from_file, error);
}

struct identity *identity_create(void)
{
    struct identity *identity = g_new0(struct identity, 1);
    char nobody[IDENTITY_SECRET_SIZE];

    if (sodium_init() < 0)
        g_error("libsodium does not start");
    identity_new_secret(nobody);
    if (!hash(nobody, identity->nobody))
        g_error("not enough memory to hash a password");
    return identity;
}

void identity_destroy(struct identity *identity)
{
    g_free(identity);
}
