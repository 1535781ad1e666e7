#include "addendum_paper.h"

#include "paper_blocks.h"

static json_t *content_of(const json_t *minutes, const char *name)
{
    return json_object_get(json_object_get(minutes, "content"), name);
}

static const char *kind_of(const json_t *addendum)
{
    static const char *const KINDS[][2] = {
        {"correction", "Đính chính"}, {"supplement", "Bổ sung thông tin"}, {NULL, NULL}};
    return block_named(KINDS, block_text_of(addendum, "kind"));
}

static void add_hashes(json_t *blocks, const json_t *addendum)
{
    const char *before = block_text_of(addendum, "previous_sha256");
    g_autofree char *link = *before ? g_strdup_printf(", và tiếp sau bổ sung có SHA-256 %s", before) : g_strdup("");
    g_autofree char *text = g_strdup_printf(
        "Nội dung bổ sung đã ký có SHA-256 %s, gắn với biên bản có SHA-256 %s%s. Biên bản đã ký vẫn giữ nguyên. Chữ ký "
        "là "
        "lời xác nhận của máy chủ Hội Chẩn (JWS, Ed25519), không phải chữ ký số cá nhân.",
        block_text_of(addendum, "sha256"), block_text_of(addendum, "minutes_sha256"), link);
    block_add(blocks, "small", text);
}

static void add_written(json_t *blocks, const json_t *addendum)
{
    const json_t *author = json_object_get(addendum, "author");
    const char *part = g_str_equal(block_text_of(addendum, "part"), "chair") ? "CHỦ TỌA" : "THƯ KÝ";
    json_t *rows = block_pairs(blocks);
    block_pair(rows, "Loại", kind_of(addendum));
    block_pair(rows, "Lý do", block_text_of(addendum, "reason"));
    block_pair(rows, "Nội dung", block_text_of(addendum, "text"));
    block_signatures(blocks,
                     json_pack("[o]", block_signature(part, addendum, "signed_at", block_text_of(addendum, "method"),
                                                      block_text_of(author, "name"))));
    add_hashes(blocks, addendum);
}

void addendum_blocks(json_t *blocks, const json_t *addendum)
{
    g_autofree char *heading = g_strdup_printf("Bổ sung biên bản số %" JSON_INTEGER_FORMAT,
                                               json_integer_value(json_object_get(addendum, "number")));
    block_add(blocks, "heading", heading);
    add_written(blocks, addendum);
}

/** What it belongs to: enough to find it by when the sheet lies alone. */
static void add_minutes(json_t *blocks, const json_t *minutes)
{
    const json_t *patient = content_of(minutes, "patient");
    g_autofree char *final = block_wall(minutes, "final_at", "ký đủ lúc %H:%M, ngày %d/%m/%Y");
    g_autofree char *of = g_strdup_printf("%s (%s)", block_text_of(content_of(minutes, "consultation"), "title"),
                                          final);
    json_t *rows = block_pairs(blocks);
    block_pair(rows, "Cho biên bản", of);
    block_pair(rows, "Người bệnh", block_text_of(patient, "name"));
    block_pair(rows, "Số định danh", block_text_of(patient, "identifier_value"));
    block_pair(rows, "Số vào viện", block_text_of(json_object_get(minutes, "content"), "record_number"));
}

json_t *addendum_paper(const json_t *minutes, size_t number)
{
    const json_t *addendum = json_array_get(json_object_get(minutes, "addenda"), number - 1);
    const json_t *c = content_of(minutes, "consultation");
    if (!addendum)
        return NULL;
    json_t *blocks = json_array();
    g_autofree char *title = g_strdup_printf("BỔ SUNG BIÊN BẢN HỘI CHẨN SỐ %zu", number);
    g_autofree char *foot = g_strdup_printf("Bổ sung số %zu, biên bản hội chẩn %s · SHA-256 %.16s…", number,
                                            block_text_of(c, "id"), block_text_of(addendum, "sha256"));
    block_head(blocks, c, title, "");
    add_minutes(blocks, minutes);
    add_written(blocks, addendum);
    return json_pack("{s:s, s:s, s:o}", "title", "Bổ sung biên bản hội chẩn", "foot", foot, "blocks", blocks);
}
