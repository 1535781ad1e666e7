#include "paper_blocks.h"

#include <string.h>

#include "server/rfc3339.h"

enum { VIETNAM_S = 7 * 3600 }; /* all the year, everywhere */

/* ---- words ---- */

const char *block_text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

char *block_wall(const json_t *object, const char *name, const char *format)
{
    int64_t us;
    if (!rfc3339_parse(block_text_of(object, name), &us))
        return g_strdup("…");
    g_autoptr(GTimeZone) zone = g_time_zone_new_offset(VIETNAM_S);
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) there = g_date_time_to_timezone(at, zone);
    return g_date_time_format(there, format);
}

const char *block_named(const char *const names[][2], const char *code)
{
    for (size_t i = 0; names[i][0]; i++)
        if (strcmp(names[i][0], code) == 0)
            return names[i][1];
    return code;
}

const char *block_role(const char *role)
{
    static const char *const NAMES[][2] = {{"host", "điều hành buổi hội chẩn"},
                                           {"specialist", "bác sĩ chuyên khoa"},
                                           {"doctor", "bác sĩ"},
                                           {"patient", "người bệnh"},
                                           {"interpreter", "phiên dịch"},
                                           {"observer", "người dự"},
                                           {"kiosk", "phòng hội chẩn"},
                                           {NULL, NULL}};
    return block_named(NAMES, role);
}

/* ---- blocks ---- */

void block_add(json_t *blocks, const char *kind, const char *text)
{
    json_array_append_new(blocks, json_pack("{s:s, s:s}", "kind", kind, "text", text));
}

void block_section(json_t *blocks, const char *heading, const char *text)
{
    block_add(blocks, "heading", heading);
    block_add(blocks, "text", *text ? text : "Không ghi.");
}

json_t *block_pairs(json_t *blocks)
{
    json_t *rows = json_array();
    json_array_append_new(blocks, json_pack("{s:s, s:o}", "kind", "pairs", "rows", rows));
    return rows;
}

void block_pair(json_t *rows, const char *name, const char *value)
{
    if (*value)
        json_array_append_new(rows, json_pack("[s, s]", name, value));
}

static json_t *lines(const char *first, const char *second)
{
    json_t *list = json_array();
    if (*first)
        json_array_append_new(list, json_string(first));
    if (*second)
        json_array_append_new(list, json_string(second));
    return list;
}

void block_head(json_t *blocks, const json_t *consultation, const char *title, const char *under)
{
    json_array_append_new(blocks,
                          json_pack("{s:s, s:o, s:[s, s]}", "kind", "heads", "left",
                                    lines(block_text_of(consultation, "site"), block_text_of(consultation, "room")),
                                    "right", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập – Tự do – Hạnh phúc"));
    json_array_append_new(blocks, json_pack("{s:s, s:s, s:s}", "kind", "title", "text", title, "under", under));
}

/* ---- signatures ---- */

json_t *block_signature(const char *part, const json_t *at_of, const char *at, const char *method, const char *name)
{
    g_autofree char *when = block_wall(at_of, at, "Đã ký lúc %H:%M, ngày %d/%m/%Y");
    const char *how = strcmp(method, "account") == 0 ? "(đăng nhập bằng tài khoản)" : "(vào bằng giấy mời điện tử)";
    return json_pack("{s:s, s:[s, s], s:s}", "part", part, "lines", when, how, "name", name);
}

void block_signatures(json_t *blocks, json_t *people)
{
    json_array_append_new(blocks, json_pack("{s:s, s:o}", "kind", "signatures", "people", people));
}
