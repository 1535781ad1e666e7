#include "minutes_paper.h"

#include <glib.h>
#include <string.h>

#include "server/rfc3339.h"

enum { VIETNAM_S = 7 * 3600 }; /* all the year, everywhere */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static json_t *part_of(const json_t *minutes, const char *name)
{
    return json_object_get(json_object_get(minutes, "content"), name);
}

/** A time of ours as the clock on the wall has it; `format` as g_date_time_format. Caller frees. */
static char *wall(const json_t *object, const char *name, const char *format)
{
    int64_t us;
    if (!rfc3339_parse(text_of(object, name), &us))
        return g_strdup("…");
    g_autoptr(GTimeZone) zone = g_time_zone_new_offset(VIETNAM_S);
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) there = g_date_time_to_timezone(at, zone);
    return g_date_time_format(there, format);
}

static const char *named(const char *const names[][2], const char *code)
{
    for (size_t i = 0; names[i][0]; i++)
        if (strcmp(names[i][0], code) == 0)
            return names[i][1];
    return code;
}

static const char *role_name(const char *role)
{
    static const char *const NAMES[][2] = {{"host", "chủ tọa buổi hội chẩn"},
                                           {"specialist", "bác sĩ chuyên khoa"},
                                           {"doctor", "bác sĩ"},
                                           {"patient", "người bệnh"},
                                           {"interpreter", "phiên dịch"},
                                           {"observer", "người dự"},
                                           {"kiosk", "phòng hội chẩn"},
                                           {NULL, NULL}};
    return named(NAMES, role);
}

/* ---- blocks ---- */

static void add(json_t *blocks, const char *kind, const char *text)
{
    json_array_append_new(blocks, json_pack("{s:s, s:s}", "kind", kind, "text", text));
}

static json_t *pairs(json_t *blocks)
{
    json_t *rows = json_array();
    json_array_append_new(blocks, json_pack("{s:s, s:o}", "kind", "pairs", "rows", rows));
    return rows;
}

static void pair(json_t *rows, const char *name, const char *value)
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

static void add_head(json_t *blocks, const json_t *minutes)
{
    const json_t *c = part_of(minutes, "consultation");
    json_array_append_new(blocks, json_pack("{s:s, s:o, s:[s, s]}", "kind", "heads", "left",
                                            lines(text_of(c, "site"), text_of(c, "room")), "right",
                                            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập – Tự do – Hạnh phúc"));
    json_array_append_new(blocks, json_pack("{s:s, s:s, s:s}", "kind", "title", "text", "BIÊN BẢN HỘI CHẨN TỪ XA",
                                            "under", text_of(c, "title")));
}

static void add_consultation(json_t *blocks, const json_t *minutes)
{
    const json_t *c = part_of(minutes, "consultation");
    bool held = json_object_get(c, "started_at") != NULL;
    g_autofree char *from = wall(c, held ? "started_at" : "starts_at", "%H:%M");
    g_autofree char *to = wall(c, "ended_at", "%H:%M, ngày %d/%m/%Y");
    g_autofree char *when = g_strdup_printf("%s – %s", from, to);
    g_autofree char *where = g_strjoin(*text_of(c, "room") && *text_of(c, "site") ? ", " : "", text_of(c, "room"),
                                       text_of(c, "site"), NULL);
    add(blocks, "heading", "1. Buổi hội chẩn");
    json_t *rows = pairs(blocks);
    pair(rows, "Thời gian", when);
    pair(rows, "Điểm cầu mời hội chẩn", where);
    pair(rows, "Chủ tọa", text_of(part_of(minutes, "chair"), "name"));
    pair(rows, "Thư ký", text_of(part_of(minutes, "secretary"), "name"));
}

static void add_patient(json_t *blocks, const json_t *minutes)
{
    static const char *const SEXES[][2] = {
        {"male", "Nam"}, {"female", "Nữ"}, {"other", "Khác"}, {"unknown", "Chưa rõ"}, {NULL, NULL}};
    const json_t *p = part_of(minutes, "patient");
    g_auto(GStrv) day = g_strsplit(text_of(p, "birth_date"), "-", 3);
    g_autofree char *born = g_strv_length(day) == 3 ? g_strdup_printf("%s/%s/%s", day[2], day[1], day[0])
                                                    : g_strdup("");
    add(blocks, "heading", "2. Người bệnh");
    if (!p) {
        add(blocks, "text", "Buổi hội chẩn không gắn với một người bệnh.");
        return;
    }
    json_t *rows = pairs(blocks);
    pair(rows, "Họ và tên", text_of(p, "name"));
    pair(rows, "Ngày sinh", born);
    pair(rows, "Giới tính", named(SEXES, text_of(p, "sex")));
    pair(rows, "Số định danh", text_of(p, "identifier_value"));
}

/** Each time of being there, by the server's clock. */
static char *times_of(const json_t *person)
{
    g_autoptr(GString) text = g_string_new(NULL);
    json_t *stay;
    size_t i;
    json_array_foreach(json_object_get(person, "stays"), i, stay)
    {
        g_autofree char *from = wall(stay, "joined_at", "%H:%M");
        g_autofree char *to = wall(stay, "left_at", "%H:%M");
        g_string_append_printf(text, "%s%s–%s", i ? "; " : "", from, to);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void add_people(json_t *blocks, const json_t *minutes)
{
    const json_t *people = part_of(minutes, "people");
    json_t *person;
    size_t i;
    add(blocks, "heading", "3. Người tham dự (giờ vào, ra do máy chủ ghi)");
    if (!json_array_size(people)) {
        add(blocks, "text", "Không có ai vào phòng hội chẩn.");
        return;
    }
    json_t *rows = pairs(blocks);
    json_array_foreach(people, i, person)
    {
        g_autofree char *times = times_of(person);
        const char *place = text_of(person, "place");
        g_autofree char *text = g_strdup_printf("%s%s%s. %s", role_name(text_of(person, "role")), *place ? ", " : "",
                                                place, times);
        pair(rows, text_of(person, "name"), text);
    }
}

static void add_section(json_t *blocks, const char *heading, const char *text)
{
    add(blocks, "heading", heading);
    add(blocks, "text", *text ? text : "Không ghi.");
}

static void add_questions(json_t *blocks, const json_t *minutes)
{
    const json_t *questions = part_of(minutes, "questions");
    json_t *question, *rows;
    size_t i;
    add(blocks, "heading", "6. Câu hỏi và kết luận cho từng câu hỏi");
    if (!json_array_size(questions))
        add(blocks, "text", "Không có câu hỏi riêng; xem kết luận chung.");
    rows = pairs(blocks);
    json_array_foreach(questions, i, question)
    {
        g_autofree char *number = g_strdup_printf("Câu hỏi %zu", i + 1);
        pair(rows, number, text_of(question, "question"));
        pair(rows, "Kết luận", text_of(question, "conclusion"));
    }
}

/* ---- what was recorded ---- */

static void add_files(json_t *blocks, const json_t *minutes)
{
    const json_t *recording = part_of(minutes, "recording"), *file;
    const char *state = text_of(recording, "state");
    size_t i;
    add(blocks, "heading", "9. Tư liệu kèm theo (SHA-256)");
    if (strcmp(state, "none") == 0)
        add(blocks, "text", "Buổi hội chẩn không được ghi âm, ghi hình.");
    if (strcmp(state, "failed") == 0)
        add(blocks, "text", "Có ghi hình nhưng không dựng được tệp; xem nhật ký của máy chủ.");
    json_array_foreach(json_object_get(recording, "files"), i, file)
    {
        g_autofree char *text = g_strdup_printf("%s %s: %s", *text_of(file, "type") == 'v' ? "Bản ghi" : "Bản kê",
                                                text_of(file, "name"), text_of(file, "sha256"));
        add(blocks, "small", text);
    }
    json_array_foreach(part_of(minutes, "stills"), i, file)
    {
        g_autofree char *at = wall(file, "taken_at", "%H:%M:%S");
        g_autofree char *text = g_strdup_printf("Ảnh chụp lúc %s: %s", at, text_of(file, "sha256"));
        add(blocks, "small", text);
    }
}

/* ---- signatures ---- */

static json_t *signature_of(const json_t *minutes, const char *part, const char *title)
{
    json_t *signature;
    size_t i;
    json_array_foreach(json_object_get(minutes, "signatures"), i, signature)
    {
        if (strcmp(text_of(signature, "part"), part) != 0)
            continue;
        g_autofree char *at = wall(signature, "at", "Đã ký lúc %H:%M, ngày %d/%m/%Y");
        const char *how = strcmp(text_of(signature, "method"), "account") == 0 ? "(đăng nhập bằng tài khoản)"
                                                                               : "(vào bằng giấy mời điện tử)";
        return json_pack("{s:s, s:[s, s], s:s}", "part", title, "lines", at, how, "name", text_of(signature, "name"));
    }
    return NULL;
}

static void add_signatures(json_t *blocks, const json_t *minutes)
{
    json_t *people = json_array(), *secretary = signature_of(minutes, "secretary", "THƯ KÝ");
    if (secretary)
        json_array_append_new(people, secretary);
    json_t *chair = signature_of(minutes, "chair", "CHỦ TỌA");
    if (chair)
        json_array_append_new(people, chair);
    json_array_append_new(blocks, json_pack("{s:s, s:o}", "kind", "signatures", "people", people));
    g_autofree char *text = g_strdup_printf("Nội dung đã ký có SHA-256 %s. Mỗi chữ ký là lời xác nhận của máy chủ Hội "
                                            "Chẩn (JWS, Ed25519) rằng người có tên đã ký nội dung "
                                            "đó vào lúc ấy; kiểm tra được bằng khóa công khai của máy chủ. Đây không "
                                            "phải chữ ký số cá nhân theo luật giao dịch điện tử.",
                                            text_of(minutes, "sha256"));
    add(blocks, "small", text);
}

json_t *minutes_paper(const json_t *minutes)
{
    const json_t *content = json_object_get(minutes, "content"), *c = part_of(minutes, "consultation");
    json_t *blocks = json_array();
    add_head(blocks, minutes);
    add_consultation(blocks, minutes);
    add_patient(blocks, minutes);
    add_people(blocks, minutes);
    add_section(blocks, "4. Lý do hội chẩn", text_of(c, "reason"));
    add_section(blocks, "5. Tóm tắt bệnh án", text_of(content, "summary"));
    add_questions(blocks, minutes);
    add_section(blocks, "7. Thảo luận", text_of(content, "discussion"));
    add_section(blocks, "8. Kết luận và hướng điều trị", text_of(content, "conclusion"));
    add_files(blocks, minutes);
    add_signatures(blocks, minutes);
    g_autofree char *foot = g_strdup_printf("Biên bản hội chẩn %s · SHA-256 %.16s…", text_of(c, "id"),
                                            text_of(minutes, "sha256"));
    return json_pack("{s:s, s:s, s:o}", "title", "Biên bản hội chẩn", "foot", foot, "blocks", blocks);
}
