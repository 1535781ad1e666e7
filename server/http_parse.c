#include "server/http_parse.h"

#include <string.h>

/* Decodes into `out` (at least size + 1 bytes); false for bad escapes and characters that belong nowhere. */
static bool decode(const char *raw, size_t size, bool plus_is_space, char *out)
{
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)raw[i];
        if (c == '%') {
            if (size - i < 3 || !g_ascii_isxdigit(raw[i + 1]) || !g_ascii_isxdigit(raw[i + 2]))
                return false;
            c = (unsigned char)(g_ascii_xdigit_value(raw[i + 1]) << 4 | g_ascii_xdigit_value(raw[i + 2]));
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c < 0x20 || c == 0x7f)
            return false;
        out[used++] = (char)c;
    }
    out[used] = '\0';
    return g_utf8_validate(out, (gssize)used, NULL);
}

static bool has_dot_segment(const char *path)
{
    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        size_t size = strcspn(slash + 1, "/");
        if ((size == 1 && slash[1] == '.') || (size == 2 && slash[1] == '.' && slash[2] == '.'))
            return true;
    }
    return false;
}

bool http_parse_path(const char *raw, size_t size, char path[HTTP_PATH_MAX])
{
    return size > 0 && size < HTTP_PATH_MAX && raw[0] == '/' && decode(raw, size, false, path) &&
           !has_dot_segment(path) && !strchr(path, '\\');
}

static bool add_pair(GHashTable *query, const char *raw, size_t size)
{
    const char *equals = memchr(raw, '=', size);
    size_t name_size = equals ? (size_t)(equals - raw) : size;
    size_t value_size = equals ? size - name_size - 1 : 0;
    char *name = g_malloc(name_size + 1), *value = g_malloc(value_size + 1);
    bool good = decode(raw, name_size, true, name) && decode(equals ? equals + 1 : raw, value_size, true, value);

    if (good && *name) {
        g_hash_table_replace(query, name, value);
    } else {
        g_free(name);
        g_free(value);
    }
    return good;
}

GHashTable *http_parse_query(const char *raw, size_t size)
{
    GHashTable *query = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const char *end = raw + size;

    while (raw < end) {
        const char *next = memchr(raw, '&', end - raw);
        size_t pair = next ? (size_t)(next - raw) : (size_t)(end - raw);
        if (g_hash_table_size(query) >= HTTP_QUERY_MAX || !add_pair(query, raw, pair)) {
            g_hash_table_unref(query);
            return NULL;
        }
        raw += pair + 1;
    }
    return query;
}

bool http_parse_cookie(const char *header, const char *name, char value[HTTP_COOKIE_MAX])
{
    size_t name_size = strlen(name);

    while (header && *header) {
        header += strspn(header, " \t;");
        size_t size = strcspn(header, ";");
        if (size > name_size && header[name_size] == '=' && !memcmp(header, name, name_size)) {
            size_t value_size = size - name_size - 1;
            if (value_size >= HTTP_COOKIE_MAX)
                return false;
            memcpy(value, header + name_size + 1, value_size);
            value[value_size] = '\0';
            g_strchomp(value);
            return true;
        }
        header += size;
    }
    return false;
}

/* A run of digits; false when there is none or it does not fit. */
static bool parse_number(const char **text, uint64_t *number)
{
    const char *start = *text;

    for (*number = 0; g_ascii_isdigit(**text); (*text)++) {
        uint64_t digit = (uint64_t)(**text - '0');
        if (*number > (UINT64_MAX - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return *text > start;
}

enum http_range http_parse_range(const char *header, uint64_t size, uint64_t *first, uint64_t *last)
{
    uint64_t suffix;

    if (!header || g_ascii_strncasecmp(header, "bytes=", 6) || strchr(header, ','))
        return RANGE_NONE;
    header += 6;
    header += strspn(header, " ");
    if (*header == '-') {
        header++;
        if (!parse_number(&header, &suffix) || *header)
            return RANGE_NONE;
        if (!suffix || !size)
            return RANGE_BAD;
        *first = suffix < size ? size - suffix : 0;
        *last = size - 1;
        return RANGE_PART;
    }
    if (!parse_number(&header, first) || *header++ != '-')
        return RANGE_NONE;
    if (!*header)
        *last = UINT64_MAX;
    else if (!parse_number(&header, last) || *header || *last < *first)
        return RANGE_NONE;
    if (*first >= size)
        return RANGE_BAD;
    *last = MIN(*last, size - 1);
    return RANGE_PART;
}

/* The weight in thousandths of the list item that begins at `item` ("vi;q=0.8"). */
static int weight(const char *item, size_t size)
{
    const char *q = memchr(item, ';', size);

    if (!q)
        return 1000;
    for (q++; q < item + size && (*q == ' ' || *q == '\t'); q++)
        ;
    if (item + size - q < 3 || g_ascii_tolower(q[0]) != 'q' || q[1] != '=')
        return 1000;
    if (q[2] == '1')
        return 1000;
    int value = 0, unit = 100;
    for (q += 3; q < item + size && (*q == '.' || g_ascii_isdigit(*q)) && unit; q++) {
        if (*q == '.')
            continue;
        value += (*q - '0') * unit;
        unit /= 10;
    }
    return value;
}

/* Calls back for every item of a comma-separated list with its name's size and its weight. */
typedef void (*item_fn)(void *arg, const char *name, size_t name_size, int weight);
static void each_item(const char *header, item_fn fn, void *arg)
{
    while (header && *header) {
        header += strspn(header, " \t,");
        size_t size = strcspn(header, ",");
        size_t name_size = MIN(strcspn(header, "; \t"), size);
        if (name_size)
            fn(arg, header, name_size, weight(header, size));
        header += size;
    }
}

struct languages {
    int vi, en;
};

static void weigh_language(void *arg, const char *name, size_t name_size, int weight)
{
    struct languages *languages = arg;

    if (name_size > 2 && name[2] != '-')
        return;
    if (name_size >= 2 && !g_ascii_strncasecmp(name, "vi", 2))
        languages->vi = MAX(languages->vi, weight);
    if (name_size >= 2 && !g_ascii_strncasecmp(name, "en", 2))
        languages->en = MAX(languages->en, weight);
}

const char *http_parse_language(const char *header)
{
    struct languages languages = {0, 0};

    each_item(header, weigh_language, &languages);
    return languages.en > languages.vi ? "en" : "vi";
}

struct coding {
    const char *name;
    int weight, any;
};

static void weigh_coding(void *arg, const char *name, size_t name_size, int weight)
{
    struct coding *coding = arg;

    if (name_size == strlen(coding->name) && !g_ascii_strncasecmp(name, coding->name, name_size))
        coding->weight = weight;
    if (name_size == 1 && *name == '*')
        coding->any = weight;
}

bool http_accepts_encoding(const char *header, const char *coding)
{
    struct coding wanted = {coding, -1, 0};

    each_item(header, weigh_coding, &wanted);
    return wanted.weight < 0 ? wanted.any > 0 : wanted.weight > 0;
}

bool http_etag_matches(const char *header, const char *etag)
{
    size_t size = strlen(etag);

    while (header && *header) {
        header += strspn(header, " \t,");
        if (*header == '*')
            return true;
        const char *item = g_str_has_prefix(header, "W/") ? header + 2 : header;
        if (!strncmp(item, etag, size) && strchr(" \t,", item[size]))
            return true;
        header += strcspn(header, ",");
    }
    return false;
}

bool http_host_is_sane(const char *host)
{
    size_t size = strlen(host);

    return size > 0 && size < 256 &&
           strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") == size;
}
