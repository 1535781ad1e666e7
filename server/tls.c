#define G_LOG_DOMAIN "tls"
#include "server/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VALID_DAYS = 820, RENEW_DAYS = 30 };

static const char own_mark[] = "hoichan self-signed";

struct tls {
    char *certificate, *key;
    GPtrArray *contexts; /* SSL_CTX */
};

static gboolean fail(GError **error, const char *what)
{
    char reason[160] = "";

    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    ERR_clear_error();
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", what, reason);
    return FALSE;
}

/* ---- making a certificate ---- */

/* localhost, this host's name and all its addresses, as OpenSSL writes alternative names. */
static char *alternative_names(void)
{
    GString *names = g_string_new("DNS:localhost,IP:127.0.0.1,IP:::1");
    const char *host = g_get_host_name();
    struct ifaddrs *list = NULL;
    char text[INET6_ADDRSTRLEN];

    if (g_strcmp0(host, "localhost") && g_regex_match_simple("^[A-Za-z0-9.-]+$", host, 0, 0))
        g_string_append_printf(names, ",DNS:%s", host);
    if (getifaddrs(&list))
        return g_string_free(names, FALSE);
    for (struct ifaddrs *entry = list; entry; entry = entry->ifa_next) {
        if (!entry->ifa_addr)
            continue;
        int family = entry->ifa_addr->sa_family;
        const void *address = family == AF_INET
                                  ? (const void *)&((struct sockaddr_in *)(void *)entry->ifa_addr)->sin_addr
                              : family == AF_INET6 ? &((struct sockaddr_in6 *)(void *)entry->ifa_addr)->sin6_addr
                                                   : NULL;
        if (!address || (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL((const struct in6_addr *)address)))
            continue;
        inet_ntop(family, address, text, sizeof text);
        if (g_strcmp0(text, "127.0.0.1") && g_strcmp0(text, "::1"))
            g_string_append_printf(names, ",IP:%s", text);
    }
    freeifaddrs(list);
    return g_string_free(names, FALSE);
}

static gboolean add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    gboolean added = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

static void set_serial(X509 *certificate)
{
    guint64 serial = (guint64)g_random_int() << 31 | g_random_int();
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
}

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    g_autofree char *names = alternative_names();

    X509_set_version(certificate, X509_VERSION_3);
    set_serial(certificate);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -24 * 3600L);
    X509_gmtime_adj(X509_getm_notAfter(certificate), VALID_DAYS * 24 * 3600L);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)own_mark, -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"hoichan", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    if (add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
        add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
        add_extension(certificate, NID_subject_alt_name, names) && X509_sign(certificate, key, EVP_sha256()))
        return certificate;
    X509_free(certificate);
    return NULL;
}

/* Written beside its place and moved there, so that nobody ever reads half a file. */
static gboolean write_pem(const char *path, mode_t mode, EVP_PKEY *key, X509 *certificate, GError **error)
{
    g_autofree char *temporary = g_strconcat(path, ".new", NULL);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    gboolean written = file && (certificate ? PEM_write_X509(file, certificate)
                                            : PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));

    if (file && fclose(file))
        written = FALSE;
    if (written && !rename(temporary, path))
        return TRUE;
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", path, g_strerror(errno));
    return FALSE;
}

static gboolean make_files(const struct tls *tls, GError **error)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key ? make_certificate(key) : NULL;
    gboolean made = FALSE;

    if (!certificate)
        fail(error, "cannot make a certificate");
    else
        made = write_pem(tls->key, 0600, key, NULL, error) &&
               write_pem(tls->certificate, 0644, NULL, certificate, error);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return made;
}

/* Whether a new certificate is due: none there, or one that we made ourselves runs out soon. */
static gboolean is_due(const struct tls *tls)
{
    FILE *file = fopen(tls->certificate, "re");
    X509 *certificate = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    char owner[64] = "";
    int days = 0, seconds;

    if (file)
        fclose(file);
    if (!certificate)
        return !g_file_test(tls->certificate, G_FILE_TEST_EXISTS);
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_organizationName, owner, sizeof owner);
    ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate));
    X509_free(certificate);
    return !g_strcmp0(owner, own_mark) && days < RENEW_DAYS;
}

/* ---- using it ---- */

struct tls *tls_create(const char *state_dir, GError **error)
{
    g_autofree char *folder = g_build_filename(state_dir, "tls", NULL);
    struct tls *tls = g_new0(struct tls, 1);

    tls->certificate = g_build_filename(folder, "cert.pem", NULL);
    tls->key = g_build_filename(folder, "key.pem", NULL);
    tls->contexts = g_ptr_array_new_with_free_func((GDestroyNotify)SSL_CTX_free);
    if (g_mkdir_with_parents(folder, 0700)) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", folder, g_strerror(errno));
        tls_destroy(tls);
        return NULL;
    }
    if (is_due(tls) && !make_files(tls, error)) {
        tls_destroy(tls);
        return NULL;
    }
    return tls;
}

void tls_destroy(struct tls *tls)
{
    if (!tls)
        return;
    g_ptr_array_unref(tls->contexts);
    g_free(tls->certificate);
    g_free(tls->key);
    g_free(tls);
}

const char *tls_certificate_path(const struct tls *tls)
{
    return tls->certificate;
}

const char *tls_key_path(const struct tls *tls)
{
    return tls->key;
}

static gboolean load(const struct tls *tls, SSL_CTX *context, GError **error)
{
    if (SSL_CTX_use_certificate_chain_file(context, tls->certificate) != 1)
        return fail(error, tls->certificate);
    if (SSL_CTX_use_PrivateKey_file(context, tls->key, SSL_FILETYPE_PEM) != 1)
        return fail(error, tls->key);
    return SSL_CTX_check_private_key(context) == 1 ? TRUE : fail(error, "certificate and key do not belong together");
}

gboolean tls_adopt(struct tls *tls, SSL_CTX *context, GError **error)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA);
    /* Who comes again brings a ticket. Kept by us, twenty thousand sessions of strangers would be. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (!load(tls, context, error))
        return FALSE;
    SSL_CTX_up_ref(context);
    g_ptr_array_add(tls->contexts, context);
    return TRUE;
}

/* Tried on a context of its own first, so that a wrong pair never gets into use. */
gboolean tls_reload(struct tls *tls, GError **error)
{
    SSL_CTX *trial = SSL_CTX_new(TLS_server_method());
    gboolean good = load(tls, trial, error);

    SSL_CTX_free(trial);
    for (guint i = 0; good && i < tls->contexts->len; i++)
        good = load(tls, tls->contexts->pdata[i], error);
    return good;
}
