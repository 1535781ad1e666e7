#include "why.h"

#include <glib.h>
#include <string.h>

enum {
    LOSS_SEEN = 30,  /* thousandths: a picture begins to stumble over its repairs */
    LOSS_HARD = 150, /* repairs come too late for most frames */
    MISSING_SEEN = 10,
    DELAY_SEEN_MS = 400, /* ITU-T G.114: the most that a conversation is planned with, both ways */
};

/* ---- the cause: what is certain first, then what is worst ---- */

static bool is_lossy_source(const struct why_side *source, bool is_frozen)
{
    return source->loss_permille >= LOSS_HARD ||
           (source->loss_permille >= LOSS_SEEN && (source->missing_permille >= MISSING_SEEN || is_frozen));
}

static enum why held_back(const struct why_facts *facts)
{
    if (facts->server_busy)
        return WHY_SERVER_BUSY;
    if (facts->picture == WHY_PICTURE_SMALLER)
        return WHY_SMALLER;
    return facts->picture == WHY_PICTURE_STILLS ? WHY_STILLS : WHY_HELD;
}

enum why why_picture(const struct why_facts *facts)
{
    bool held = facts->picture >= WHY_PICTURE_SMALLER, frozen = facts->viewer.is_frozen;
    if (facts->viewer.lost)
        return WHY_VIEWER_LOST;
    if (facts->source.lost)
        return WHY_SOURCE_LOST;
    if (facts->off)
        return WHY_SOURCE_OFF;
    if (facts->hidden)
        return WHY_HIDDEN;
    if (is_lossy_source(&facts->source, frozen))
        return WHY_SOURCE_LOSS;
    if (facts->silent)
        return WHY_SOURCE_SILENT;
    if (held)
        return held_back(facts);
    if (facts->picture == WHY_PICTURE_WAITING)
        return WHY_OPENING;
    if (facts->viewer.loss_permille >= LOSS_HARD || (frozen && facts->viewer.loss_permille >= LOSS_SEEN))
        return WHY_VIEWER_LOSS;
    if (facts->viewer.slow)
        return WHY_VIEWER_SLOW;
    if (facts->source.slow)
        return WHY_SOURCE_SLOW;
    if (!frozen)
        return WHY_NOTHING;
    return facts->server_busy ? WHY_SERVER_BUSY : facts->server_starved ? WHY_SERVER_STARVED : WHY_NOTHING;
}

enum why why_line(const struct why_line_facts *facts)
{
    if (facts->lost)
        return WHY_LINE_LOST;
    if (facts->server_busy)
        return WHY_SERVER_BUSY;
    if (facts->up_loss_permille >= LOSS_SEEN && facts->up_loss_permille >= facts->down_loss_permille)
        return WHY_LINE_UP_LOSS;
    if (facts->down_loss_permille >= LOSS_SEEN)
        return WHY_LINE_DOWN_LOSS;
    if (facts->short_of_bandwidth)
        return WHY_LINE_NARROW;
    if (facts->server_starved)
        return WHY_SERVER_STARVED;
    if (facts->rtt_ms > DELAY_SEEN_MS)
        return WHY_LINE_DELAY;
    if (facts->slow)
        return WHY_LINE_SLOW;
    return facts->detour ? WHY_LINE_DETOUR : WHY_NOTHING;
}

/* ---- the words: what happened, what was kept, what one can do ---- */

static const struct entry {
    const char *code, *vi, *en;
} ENTRIES[WHY_COUNT] = {
    [WHY_NOTHING] = {"none", NULL, NULL},
    [WHY_OPENING] = {"opening", NULL, NULL},
    [WHY_VIEWER_LOST] = {"viewer-lost",
                         "Mất đường truyền tới {viewer} nên hình đứng. Hệ thống đang tự nối lại, chưa cần làm gì.",
                         "The line to {viewer} is lost, so the picture stands still. It reconnects by itself; there is "
                         "nothing to do yet."},
    [WHY_SOURCE_LOST] = {"source-lost",
                         "Hình của {source} đứng vì bên đó mất kết nối. Chỗ trong phòng vẫn giữ. Nếu quá một phút, hãy "
                         "gọi điện cho bên đó.",
                         "The picture of {source} stands still because that side lost its connection. The place in the "
                         "room is kept. If it takes over a minute, phone them."},
    [WHY_SOURCE_OFF] = {"source-off", "{source} đã tắt camera. Tiếng vẫn giữ. Nếu cần xem, hãy nhờ bên đó bật lại.",
                        "{source} has switched the camera off. The sound goes on. Ask them to switch it on if you need "
                        "to see."},
    [WHY_HIDDEN] = {"hidden", "Hình của {source} đang được ẩn trên màn hình này. Mở lại khung hình để xem.",
                    "The picture of {source} is hidden on this screen. Show it again to see it."},
    [WHY_SOURCE_LOSS] =
        {"source-loss",
         "Hình của {source} đứng vì đường lên của bên đó yếu (mất {loss} %). Tiếng vẫn giữ. Nhờ bên đó "
         "tắt bớt hình hoặc lại gần bộ phát Wi-Fi.",
         "The picture of {source} stands still because the line from there is weak ({loss} % lost). The "
         "sound is kept. Ask them to turn some pictures off or to move closer to the Wi-Fi."},
    [WHY_SOURCE_SLOW] =
        {"source-slow",
         "Hình của {source} kém nét vì máy bên đó làm không kịp. Tiếng vẫn giữ. Nhờ bên đó đóng bớt "
         "chương trình khác.",
         "The picture of {source} is less sharp because the computer there cannot keep up. The sound is "
         "kept. Ask them to close other programs."},
    [WHY_SOURCE_SILENT] = {"source-silent",
                           "Camera của {source} đang bật nhưng không có hình gửi tới. Tiếng vẫn giữ. Nhờ bên đó tắt "
                           "camera rồi bật lại.",
                           "The camera of {source} is on, but no picture comes from it. The sound is kept. Ask them to "
                           "switch the camera off and on again."},
    [WHY_HELD] = {"held",
                  "Hình của {source} tạm dừng vì đường xuống của {viewer} yếu (khoảng {rate}). Tiếng vẫn giữ. Nên lại "
                  "gần bộ phát Wi-Fi hoặc tắt ứng dụng khác đang dùng mạng.",
                  "The picture of {source} is held because the line down to {viewer} is weak (about {rate}). The sound "
                  "is kept. It helps to move closer to the Wi-Fi or to close what else uses the network."},
    [WHY_STILLS] =
        {"stills",
         "Hình của {source} chuyển thành ảnh từng lúc vì đường xuống của {viewer} yếu (khoảng {rate}). Tiếng "
         "vẫn giữ. Hình tự chạy lại khi đường khá hơn.",
         "The picture of {source} comes as a still now and then because the line down to {viewer} is weak "
         "(about {rate}). The sound is kept. It moves again by itself when the line is better."},
    [WHY_SMALLER] =
        {"smaller",
         "Hình của {source} kém nét vì đường xuống của {viewer} chỉ còn khoảng {rate}. Tiếng được giữ trước. "
         "Hình tự nét lại khi đường khá hơn.",
         "The picture of {source} is less sharp because the line down to {viewer} carries only about {rate}. "
         "Sound comes first. It sharpens by itself when the line is better."},
    [WHY_VIEWER_LOSS] =
        {"viewer-loss",
         "Hình của {source} giật vì đường xuống của {viewer} mất {loss} %. Tiếng vẫn giữ. Nên lại gần bộ "
         "phát Wi-Fi hoặc cắm dây mạng.",
         "The picture of {source} stutters because the line down to {viewer} loses {loss} %. The sound "
         "is kept. It helps to move closer to the Wi-Fi or to use a cable."},
    [WHY_VIEWER_SLOW] =
        {"viewer-slow",
         "Hình của {source} giật vì máy của {viewer} hiện không kịp. Tiếng vẫn giữ. Nên đóng bớt chương "
         "trình khác, hoặc chọn xem lớn một hình.",
         "The picture of {source} stutters because {viewer's} computer cannot keep up. The sound is "
         "kept. It helps to close other programs, or to enlarge one picture."},
    [WHY_SERVER_BUSY] =
        {"server-busy",
         "Máy chủ đang quá tải nên hình bị giữ lại. Tiếng được giữ trước. Hãy báo cho người quản trị hệ "
         "thống.",
         "The server is overloaded, so pictures are held back. Sound comes first. Tell the system's "
         "administrator."},
    [WHY_SERVER_STARVED] =
        {"server-starved",
         "Máy chủ chạy không kịp vì máy đó còn bận việc khác, nên hình và tiếng tới trễ. Chưa ai bị ngắt. Hãy báo cho "
         "người quản trị hệ thống.",
         "The server cannot keep up because its machine is busy with other work, so picture and sound come late. "
         "Nobody is cut off. Tell the system's administrator."},
    [WHY_LINE_LOST] = {"line-lost",
                       "Đường hình và tiếng của {viewer} bị mất. Hệ thống đang tự nối lại, chưa cần làm gì.",
                       "{viewer's} picture and sound are interrupted. It reconnects by itself; there is nothing to do "
                       "yet."},
    [WHY_LINE_UP_LOSS] = {"line-up-loss",
                          "Đường lên của {viewer} yếu (mất {loss} %) nên người khác thấy hình giật. Tiếng được gửi "
                          "trước. Nên tắt bớt hình hoặc lại gần bộ phát Wi-Fi.",
                          "The line up from {viewer} is weak ({loss} % lost), so others see the picture stutter. Sound "
                          "is sent first. It helps to turn the camera off or to move closer to the Wi-Fi."},
    [WHY_LINE_DOWN_LOSS] = {"line-down-loss",
                            "Đường xuống của {viewer} yếu (mất {loss} %). Tiếng được giữ trước. Nên lại gần bộ phát "
                            "Wi-Fi hoặc cắm dây mạng.",
                            "The line down to {viewer} is weak ({loss} % lost). Sound comes first. It helps to move "
                            "closer to the Wi-Fi or to use a cable."},
    [WHY_LINE_NARROW] =
        {"line-narrow",
         "Đường xuống của {viewer} chỉ còn khoảng {rate} nên hình bị giữ lại bớt. Tiếng được giữ trước. "
         "Nên tắt ứng dụng khác đang dùng mạng.",
         "The line down to {viewer} carries only about {rate}, so pictures are held back. Sound comes "
         "first. It helps to close what else uses the network."},
    [WHY_LINE_DELAY] = {"line-delay",
                        "Đường của {viewer} trễ ({delay} ms). Hình và tiếng vẫn tới, nhưng nên chờ nhau nói hết câu.",
                        "{viewer's} line is slow to answer ({delay} ms). Picture and sound arrive, but let each "
                        "other finish."},
    [WHY_LINE_SLOW] = {"line-slow",
                       "Máy của {viewer} làm không kịp. Tiếng được giữ trước. Nên đóng bớt chương trình khác.",
                       "{viewer's} computer cannot keep up. Sound comes first. It helps to close other programs."},
    [WHY_LINE_DETOUR] =
        {"line-detour",
         "Mạng của {viewer} chặn UDP nên hình và tiếng đi đường vòng, có thể trễ hơn. Nhờ người quản trị "
         "mạng mở UDP.",
         "{viewer's} network blocks UDP, so picture and sound go a longer way and may lag. Ask the "
         "network's administrator to open UDP."},
};

const char *why_code(enum why why)
{
    return ENTRIES[why].code;
}

/* "180 kbit/s", "1,2 Mbit/s". */
static char *rate_text(int64_t bps, bool english)
{
    if (bps < 1000000)
        return g_strdup_printf("%d kbit/s", (int)(MAX(bps, 0) / 1000));
    return g_strdup_printf("%d%c%d Mbit/s", (int)(bps / 1000000), english ? '.' : ',', (int)(bps / 100000 % 10));
}

static void replace(GString *text, const char *what, const char *with)
{
    char *at = strstr(text->str, what);
    if (!at)
        return;
    gssize position = at - text->str;
    g_string_erase(text, position, (gssize)strlen(what));
    g_string_insert(text, position, with);
}

/* "your", "BS. Lan's". */
static char *possessive(const char *name)
{
    return name ? g_strconcat(name, "'s", NULL) : g_strdup("your");
}

/* A sentence may begin with "you". */
static void raise_first(GString *text)
{
    text->str[0] = g_ascii_toupper(text->str[0]);
}

/* Names go in last, so that one with braces in it is left as it is. */
char *why_text(enum why why, const char *language, const struct why_words *words)
{
    bool english = g_strcmp0(language, "en") == 0;
    const char *reader = english ? "you" : "bạn";
    const char *pattern = english ? ENTRIES[why].en : ENTRIES[why].vi;
    if (!pattern)
        return NULL;
    GString *text = g_string_new(pattern);
    g_autofree char *rate = rate_text(words->bps, english);
    g_autofree char *loss = g_strdup_printf("%d", (int)((words->loss_permille + 5) / 10));
    g_autofree char *whose = possessive(words->viewer);
    g_autofree char *delay = g_strdup_printf("%d", (int)words->rtt_ms);
    replace(text, "{rate}", rate);
    replace(text, "{loss}", loss);
    replace(text, "{delay}", delay);
    replace(text, "{viewer's}", whose);
    replace(text, "{viewer}", words->viewer ? words->viewer : reader);
    replace(text, "{source}", words->source ? words->source : reader);
    raise_first(text);
    return g_string_free(text, FALSE);
}
