#define G_LOG_DOMAIN "static"
#include "server/static.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/http_core.h"
#include "server/problem.h"

enum { KEPT_MAX = 64 * 1024, READ_SIZE = 64 * 1024, DEPTH_MAX = 8 };

/* What is on the disk under one name. Counted (g_rc_box), since it may still be sent when all are found anew. */
struct content {
    uint64_t size;
    char etag[24]; /* its own: what is compressed is other bytes, so another representation (RFC 9110 §8.8.3) */
    GBytes *bytes; /* NULL: too large to keep, read from: */
    int fd;
};

struct file {
    const char *type;
    struct content *plain, *br, *gz; /* the latter two may be NULL */
    bool immutable;
};

struct static_files {
    GHashTable *by_path; /* "/assets/x.js" → struct file */
};

static const struct {
    const char *suffix, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
    {".mp3", "audio/mpeg"},
    {".ogg", "audio/ogg"},
    {".wav", "audio/wav"},
};

/* The applications, by the address that opens them and everything below it. */
static const struct {
    const char *prefix, *page;
} applications[] = {
    {"/join", "/join/index.html"},
    {"/kiosk", "/kiosk/index.html"},
    {"/admin", "/admin/index.html"},
};

static const char *type_of(const char *path)
{
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (g_str_has_suffix(path, types[i].suffix))
            return types[i].type;
    return "application/octet-stream";
}

/* ---- reading ---- */

static void content_clear(void *data)
{
    struct content *content = data;

    g_clear_pointer(&content->bytes, g_bytes_unref);
    if (content->fd >= 0)
        close(content->fd);
}

static void content_release(void *content)
{
    if (content)
        g_rc_box_release_full(content, content_clear);
}

static void file_destroy(void *data)
{
    struct file *file = data;

    content_release(file->plain);
    content_release(file->br);
    content_release(file->gz);
    g_free(file);
}

static ssize_t read_content(void *arg, uint64_t offset, void *data, size_t size)
{
    const struct content *content = arg;
    return pread(content->fd, data, size, (off_t)offset);
}

static bool keep(struct content *content)
{
    char *data = g_malloc(content->size);
    ssize_t got = read_content(content, 0, data, content->size);

    content->bytes = g_bytes_new_take(data, content->size);
    close(content->fd);
    content->fd = -1;
    return got == (ssize_t)content->size;
}

/** Caller frees. */
static char *hash_of(struct content *content)
{
    if (content->bytes)
        return g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, content->bytes);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree unsigned char *data = g_malloc(READ_SIZE);
    ssize_t got;
    for (uint64_t offset = 0; (got = read_content(content, offset, data, READ_SIZE)) > 0; offset += (uint64_t)got)
        g_checksum_update(sum, data, got);
    return g_strdup(g_checksum_get_string(sum));
}

static void name_content(struct content *content)
{
    g_autofree char *hash = hash_of(content);
    g_snprintf(content->etag, sizeof content->etag, "\"%.20s\"", hash);
}

static struct content *content_open(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode)) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct content *content = g_rc_box_new0(struct content);
    content->fd = fd;
    content->size = (uint64_t)status.st_size;
    if (content->size <= KEPT_MAX && !keep(content))
        g_clear_pointer(&content, content_release);
    if (content)
        name_content(content);
    return content;
}

static struct content *open_variant(const char *path, const char *suffix)
{
    g_autofree char *name = g_strconcat(path, suffix, NULL);
    return content_open(name);
}

static void add_file(struct static_files *files, const char *disk_path, const char *path)
{
    if (g_str_has_suffix(path, ".br") || g_str_has_suffix(path, ".gz") || strstr(path, "/."))
        return;
    struct content *plain = content_open(disk_path);
    if (!plain)
        return;
    struct file *file = g_new0(struct file, 1);
    file->type = type_of(path);
    file->plain = plain;
    file->br = open_variant(disk_path, ".br");
    file->gz = open_variant(disk_path, ".gz");
    file->immutable = strstr(path, "/assets/") != NULL;
    g_hash_table_replace(files->by_path, g_strdup(path), file);
}

static void add_folder(struct static_files *files, const char *disk_path, const char *path, int depth)
{
    g_autoptr(GDir) folder = g_dir_open(disk_path, 0, NULL);
    const char *name;

    if (!folder || depth > DEPTH_MAX)
        return;
    while ((name = g_dir_read_name(folder))) {
        g_autofree char *below = g_build_filename(disk_path, name, NULL);
        g_autofree char *url = g_strconcat(path, "/", name, NULL);
        if (g_file_test(below, G_FILE_TEST_IS_DIR))
            add_folder(files, below, url, depth + 1);
        else
            add_file(files, below, url);
    }
}

struct static_files *static_create(const char *root)
{
    struct static_files *files = g_new0(struct static_files, 1);

    files->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, file_destroy);
    if (root)
        add_folder(files, root, "", 0);
    if (!g_hash_table_size(files->by_path))
        g_warning("event=no_web_files hint=\"make web builds them\"");
    return files;
}

void static_destroy(struct static_files *files)
{
    if (!files)
        return;
    g_hash_table_unref(files->by_path);
    g_free(files);
}

/* ---- serving ---- */

static const struct file *find_page(const struct static_files *files, const char *path)
{
    for (size_t i = 0; i < G_N_ELEMENTS(applications); i++) {
        size_t size = strlen(applications[i].prefix);
        if (strncmp(path, applications[i].prefix, size) || !strchr("/", path[size]))
            continue;
        return strrchr(path, '.') ? NULL /* a file that is not there */
                                  : g_hash_table_lookup(files->by_path, applications[i].page);
    }
    return NULL;
}

static void harden_page(struct response *response, const struct request *request)
{
    const char *origin = request_origin(request);
    g_autofree char *policy = g_strdup_printf(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
        "img-src 'self' data: blob:; font-src 'self'; connect-src 'self' wss://%s; "
        "media-src 'self' blob:; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'",
        strstr(origin, "://") + 3);

    response_header(response, "content-security-policy", policy);
    response_header(response, "permissions-policy",
                    "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), autoplay=(self), "
                    "screen-wake-lock=(self), geolocation=(), payment=(), usb=()");
    response_header(response, "cross-origin-embedder-policy", "require-corp");
}

static struct response *answer_with(struct content *content, const char *type)
{
    if (content->bytes)
        return response_bytes(200, type, content->bytes);
    return response_stream(
        200, type,
        &(struct body_source){
            .size = content->size, .read = read_content, .destroy = content_release, .arg = g_rc_box_acquire(content)});
}

static struct response *serve(const struct file *file, const struct request *request)
{
    const char *accepts = request_header(request, "accept-encoding");
    const char *cached = request_header(request, "if-none-match");
    const char *coding = NULL;
    struct content *content = file->plain;
    struct response *response;

    if (file->br && http_accepts_encoding(accepts, "br")) {
        content = file->br;
        coding = "br";
    } else if (file->gz && http_accepts_encoding(accepts, "gzip")) {
        content = file->gz;
        coding = "gzip";
    }
    if (cached && http_etag_matches(cached, content->etag))
        response = response_create(304);
    else
        response = answer_with(content, file->type);
    if (coding && response->status == 200)
        response_header(response, "content-encoding", coding);
    if (file->br || file->gz)
        response_header(response, "vary", "accept-encoding");
    response_header(response, "etag", content->etag);
    response_header(response, "cache-control", file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    if (g_str_has_prefix(file->type, "text/html"))
        harden_page(response, request);
    else if (g_str_has_prefix(file->type, "text/javascript")) { /* workers inherit nothing */
        response_header(response, "cross-origin-embedder-policy", "require-corp");
        response_header(response, "content-security-policy", "default-src 'self'");
    }
    return response;
}

struct response *static_respond(const struct static_files *files, const struct request *request)
{
    const char *path = request_path(request);

    if (request_method(request) != HTTP_GET) {
        struct response *response = problem(request, "method-not-allowed");
        response_header(response, "allow", "GET, HEAD");
        return response;
    }
    if (!strcmp(path, "/")) {
        struct response *response = response_empty(302);
        response_header(response, "location", "/admin");
        return response;
    }
    const struct file *file = g_hash_table_lookup(files->by_path, path);
    if (!file)
        file = find_page(files, path);
    if (file)
        return serve(file, request);
    if (!g_hash_table_size(files->by_path))
        return problem(request, "no-web-files");
    return problem(request, "not-found");
}
