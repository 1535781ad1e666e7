#include "minutes_paper.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addendum_paper.h"
#include "paper_blocks.h"

static json_t *part_of(const json_t *minutes, const char *name)
{
    return json_object_get(json_object_get(minutes, "content"), name);
}

static void add_consultation(json_t *blocks, const json_t *minutes)
{
    const json_t *c = part_of(minutes, "consultation");
    bool held = json_object_get(c, "started_at") != NULL;
    g_autofree char *from = block_wall(c, held ? "started_at" : "starts_at", "%H:%M");
    g_autofree char *to = block_wall(c, "ended_at", "%H:%M, ngày %d/%m/%Y");
    g_autofree char *when = g_strdup_printf("%s – %s", from, to);
    g_autofree char *where = g_strjoin(*block_text_of(c, "room") && *block_text_of(c, "site") ? ", " : "",
                                       block_text_of(c, "room"), block_text_of(c, "site"), NULL);
    block_add(blocks, "heading", "1. Buổi hội chẩn");
    json_t *rows = block_pairs(blocks);
    block_pair(rows, "Thời gian", when);
    block_pair(rows, "Điểm cầu mời hội chẩn", where);
    block_pair(rows, "Chủ tọa", block_text_of(part_of(minutes, "chair"), "name"));
    block_pair(rows, "Thư ký", block_text_of(part_of(minutes, "secretary"), "name"));
}

/** A date as Vietnam writes it. Caller frees. */
static char *day_of(const json_t *object, const char *name)
{
    g_auto(GStrv) day = g_strsplit(block_text_of(object, name), "-", 3);
    return g_strv_length(day) == 3 ? g_strdup_printf("%s/%s/%s", day[2], day[1], day[0]) : g_strdup("");
}

/** The day of birth, and how old that was at the consultation. Caller frees. */
static char *born(const json_t *minutes)
{
    const json_t *c = part_of(minutes, "consultation");
    g_autofree char *day = day_of(part_of(minutes, "patient"), "birth_date");
    g_autofree char *then = block_wall(c, json_object_get(c, "started_at") ? "started_at" : "starts_at", "%Y%m%d");
    int year, month, at;
    if (sscanf(day, "%d/%d/%d", &at, &month, &year) != 3)
        return g_strdup("");
    int age = (atoi(then) - (year * 10000 + month * 100 + at)) / 10000;
    return age >= 6 ? g_strdup_printf("%s (%d tuổi)", day, age) : g_strdup(day);
}

static void add_patient(json_t *blocks, const json_t *minutes)
{
    static const char *const SEXES[][2] = {
        {"male", "Nam"}, {"female", "Nữ"}, {"other", "Khác"}, {"unknown", "Chưa rõ"}, {NULL, NULL}};
    const json_t *p = part_of(minutes, "patient"), *content = json_object_get(minutes, "content");
    g_autofree char *birth = born(minutes), *since = day_of(content, "treated_since");
    block_add(blocks, "heading", "2. Người bệnh");
    if (!p)
        block_add(blocks, "text", "Buổi hội chẩn không gắn với một người bệnh.");
    json_t *rows = block_pairs(blocks);
    block_pair(rows, "Họ và tên", block_text_of(p, "name"));
    block_pair(rows, "Ngày sinh", birth);
    block_pair(rows, "Giới tính", block_named(SEXES, block_text_of(p, "sex")));
    block_pair(rows, "Số định danh", block_text_of(p, "identifier_value"));
    block_pair(rows, "Số vào viện", block_text_of(content, "record_number"));
    block_pair(rows, "Khoa, buồng, giường", block_text_of(content, "department"));
    block_pair(rows, "Điều trị từ ngày", since);
    block_pair(rows, "Chẩn đoán trước hội chẩn", block_text_of(content, "diagnosis"));
}

/** Each time of being there, by the server's clock. */
static char *times_of(const json_t *person)
{
    g_autoptr(GString) text = g_string_new(NULL);
    json_t *stay;
    size_t i;
    json_array_foreach(json_object_get(person, "stays"), i, stay)
    {
        g_autofree char *from = block_wall(stay, "joined_at", "%H:%M");
        g_autofree char *to = block_wall(stay, "left_at", "%H:%M");
        g_string_append_printf(text, "%s%s–%s", i ? "; " : "", from, to);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void add_people(json_t *blocks, const json_t *minutes)
{
    const json_t *people = part_of(minutes, "people");
    json_t *person;
    size_t i;
    block_add(blocks, "heading", "3. Người tham dự (giờ vào, ra do máy chủ ghi)");
    if (!json_array_size(people)) {
        block_add(blocks, "text", "Không có ai vào phòng hội chẩn.");
        return;
    }
    json_t *rows = block_pairs(blocks);
    json_array_foreach(people, i, person)
    {
        g_autofree char *times = times_of(person);
        const char *place = block_text_of(person, "place");
        g_autofree char *text = g_strdup_printf("%s%s%s. %s", block_role(block_text_of(person, "role")),
                                                *place ? ", " : "", place, times);
        block_pair(rows, block_text_of(person, "name"), text);
    }
}

static void add_questions(json_t *blocks, const json_t *minutes)
{
    const json_t *questions = part_of(minutes, "questions");
    json_t *question, *rows;
    size_t i;
    block_add(blocks, "heading", "6. Câu hỏi và kết luận cho từng câu hỏi");
    if (!json_array_size(questions))
        block_add(blocks, "text", "Không có câu hỏi riêng; xem kết luận chung.");
    rows = block_pairs(blocks);
    json_array_foreach(questions, i, question)
    {
        g_autofree char *number = g_strdup_printf("Câu hỏi %zu", i + 1);
        block_pair(rows, number, block_text_of(question, "question"));
        block_pair(rows, "Kết luận", block_text_of(question, "conclusion"));
    }
}

/* ---- what was recorded ---- */

static void add_files(json_t *blocks, const json_t *minutes)
{
    const json_t *recording = part_of(minutes, "recording"), *file;
    const char *state = block_text_of(recording, "state");
    size_t i;
    block_add(blocks, "heading", "10. Tư liệu kèm theo (SHA-256)");
    if (strcmp(state, "none") == 0)
        block_add(blocks, "text", "Buổi hội chẩn không được ghi âm, ghi hình.");
    if (strcmp(state, "failed") == 0)
        block_add(blocks, "text", "Có ghi hình nhưng không dựng được tệp; xem nhật ký của máy chủ.");
    json_array_foreach(json_object_get(recording, "files"), i, file)
    {
        g_autofree char *text = g_strdup_printf("%s %s: %s", *block_text_of(file, "type") == 'v' ? "Bản ghi" : "Bản kê",
                                                block_text_of(file, "name"), block_text_of(file, "sha256"));
        block_add(blocks, "small", text);
    }
    json_array_foreach(part_of(minutes, "stills"), i, file)
    {
        g_autofree char *at = block_wall(file, "taken_at", "%H:%M:%S");
        g_autofree char *text = g_strdup_printf("Ảnh chụp lúc %s: %s", at, block_text_of(file, "sha256"));
        block_add(blocks, "small", text);
    }
}

/* ---- signatures ---- */

static json_t *signature_of(const json_t *minutes, const char *part, const char *title)
{
    json_t *signature;
    size_t i;
    json_array_foreach(json_object_get(minutes, "signatures"), i, signature)
    {
        if (strcmp(block_text_of(signature, "part"), part) == 0)
            return block_signature(title, signature, "at", block_text_of(signature, "method"),
                                   block_text_of(signature, "name"));
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
    block_signatures(blocks, people);
    g_autofree char *text = g_strdup_printf("Nội dung đã ký có SHA-256 %s. Mỗi chữ ký là lời xác nhận của máy chủ Hội "
                                            "Chẩn (JWS, Ed25519) rằng người có tên đã ký nội dung "
                                            "đó vào lúc ấy; kiểm tra được bằng khóa công khai của máy chủ. Đây không "
                                            "phải chữ ký số cá nhân theo luật giao dịch điện tử.",
                                            block_text_of(minutes, "sha256"));
    block_add(blocks, "small", text);
}

/* ---- the whole ---- */

static json_t *blocks_of(const json_t *minutes, const char *under)
{
    const json_t *content = json_object_get(minutes, "content"), *c = part_of(minutes, "consultation");
    json_t *blocks = json_array();
    block_head(blocks, c, "BIÊN BẢN HỘI CHẨN TỪ XA", under);
    add_consultation(blocks, minutes);
    add_patient(blocks, minutes);
    add_people(blocks, minutes);
    block_section(blocks, "4. Lý do hội chẩn", block_text_of(c, "reason"));
    block_section(blocks, "5. Tóm tắt diễn biến bệnh, quá trình điều trị và chăm sóc",
                  block_text_of(content, "summary"));
    add_questions(blocks, minutes);
    block_section(blocks, "7. Thảo luận", block_text_of(content, "discussion"));
    block_section(blocks, "8. Kết luận", block_text_of(content, "conclusion"));
    block_section(blocks, "9. Hướng điều trị tiếp", block_text_of(content, "treatment"));
    add_files(blocks, minutes);
    add_signatures(blocks, minutes);
    return blocks;
}

static json_t *document(const json_t *minutes, json_t *blocks)
{
    const json_t *c = part_of(minutes, "consultation");
    g_autofree char *foot = g_strdup_printf("Biên bản hội chẩn %s · SHA-256 %.16s…", block_text_of(c, "id"),
                                            block_text_of(minutes, "sha256"));
    return json_pack("{s:s, s:s, s:o}", "title", "Biên bản hội chẩn", "foot", foot, "blocks", blocks);
}

json_t *minutes_paper(const json_t *minutes)
{
    return document(minutes, blocks_of(minutes, block_text_of(part_of(minutes, "consultation"), "title")));
}

json_t *minutes_print(const json_t *minutes)
{
    const json_t *addenda = json_object_get(minutes, "addenda"), *addendum;
    g_autofree char *under = g_strdup_printf("%s\nKèm %zu bổ sung, in sau chữ ký",
                                             block_text_of(part_of(minutes, "consultation"), "title"),
                                             json_array_size(addenda));
    json_t *blocks = blocks_of(minutes, under);
    size_t i;
    json_array_foreach(addenda, i, addendum) addendum_blocks(blocks, addendum);
    return document(minutes, blocks);
}
