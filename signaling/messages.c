/* The catalogue of error sentences: what happened, and what the person in front of the screen can do about it. */
#include "protocol.h"

#include <string.h>

struct entry {
    const char *code;
    struct message_words vi, en;
};

static const struct entry CATALOGUE[] = {
    {"bad_message",
     {"Máy chủ không hiểu yêu cầu vừa gửi nên đã bỏ qua.", "Hãy tải lại trang; nếu vẫn lặp lại, báo bộ phận kỹ thuật."},
     {"The server could not read the last request and left it out.",
      "Reload the page; if it happens again, tell technical support."}},
    {"unknown_type",
     {"Trang này gửi một yêu cầu mà máy chủ chưa biết; có thể trang đã cũ.", "Hãy tải lại trang để dùng bản mới nhất."},
     {"This page sent a request that the server does not know; the page may be out of date.",
      "Reload the page to get the latest version."}},
    {"too_large",
     {"Nội dung gửi lên vượt quá 256 KB nên không được nhận.", "Hãy gửi nội dung ngắn hơn, hoặc tải lại trang."},
     {"What was sent is larger than 256 kB and was not accepted.", "Send something shorter, or reload the page."}},
    {"too_many",
     {"Có quá nhiều yêu cầu trong thời gian ngắn nên máy chủ tạm bỏ qua bớt.", "Hãy đợi vài giây rồi thử lại."},
     {"Too many requests came in a short time, so the server left some out.", "Wait a few seconds and try again."}},
    {"not_joined",
     {"Bạn chưa vào buổi hội chẩn nên chưa làm được việc này.", "Hãy bấm Tham gia trước, hoặc mở lại liên kết mời."},
     {"You have not joined the consultation yet, so this cannot be done.",
      "Press Join first, or open your invitation link again."}},
    {"ticket_invalid",
     {"Liên kết tham gia không đúng hoặc bị thiếu ký tự.",
      "Hãy mở lại nguyên vẹn liên kết trong lời mời, hoặc xin liên kết mới từ người tổ chức."},
     {"This join link is not valid, or part of it is missing.",
      "Open the whole link from your invitation again, or ask the organiser for a new one."}},
    {"ticket_expired",
     {"Liên kết tham gia đã hết hạn.", "Hãy xin người tổ chức gửi liên kết mới."},
     {"This join link has expired.", "Ask the organiser to send you a new one."}},
    {"token_expired",
     {"Chỗ của bạn trong buổi hội chẩn không còn được giữ.", "Hãy mở lại liên kết mời để vào lại."},
     {"Your place in the consultation is no longer kept.", "Open your invitation link again to come back in."}},
    {"not_open",
     {"Buổi hội chẩn chưa mở.", "Hãy quay lại gần giờ hẹn; trang sẽ cho vào khi phòng mở."},
     {"The consultation is not open yet.", "Come back near the appointed time; you can join once it is open."}},
    {"ended",
     {"Buổi hội chẩn đã kết thúc.", "Nếu cần tiếp tục, hãy nhờ người tổ chức đặt buổi mới."},
     {"The consultation has ended.", "If it must go on, ask the organiser to book a new one."}},
    {"locked",
     {"Chủ tọa đã khóa phòng nên chưa vào được.", "Hãy gọi cho chủ tọa để mở khóa rồi thử lại."},
     {"The host has locked the room, so nobody can come in.", "Phone the host to unlock it, then try again."}},
    {"full",
     {"Phòng đã đủ số người tối đa.", "Hãy đợi có người rời phòng rồi thử lại, hoặc báo người tổ chức."},
     {"The room has reached its largest number of people.",
      "Try again when somebody has left, or tell the organiser."}},
    {"replaced",
     {"Bạn đã vào buổi hội chẩn này ở một cửa sổ hoặc máy khác, nên cửa sổ này đã ngắt.",
      "Hãy tiếp tục ở cửa sổ kia, hoặc bấm Tham gia để chuyển về đây."},
     {"You joined this consultation in another window or on another device, so this one was disconnected.",
      "Go on over there, or press Join to move back here."}},
    {"removed",
     {"Chủ tọa đã mời bạn ra khỏi buổi hội chẩn.", "Nếu đây là nhầm lẫn, hãy liên hệ chủ tọa."},
     {"The host has removed you from the consultation.", "If this is a mistake, contact the host."}},
    {"bad_sdp",
     {"Không thiết lập được hình và tiếng vì thông số kết nối từ trình duyệt bị sai.",
      "Hãy tải lại trang; nếu vẫn lỗi, dùng Chrome, Edge hoặc Firefox bản mới."},
     {"Picture and sound could not be set up: the browser's connection parameters are malformed.",
      "Reload the page; if it fails again, use a current Chrome, Edge or Firefox."}},
    {"unsupported",
     {"Trình duyệt này không có cách truyền hình và tiếng mà máy chủ dùng được.",
      "Hãy dùng Chrome, Edge hoặc Firefox bản mới."},
     {"This browser offers no way to send picture and sound that the server can use.",
      "Use a current Chrome, Edge or Firefox."}},
    {"cannot_show",
     {"Có hình trong phòng được gửi theo định dạng mà trình duyệt này không hiện được; tiếng vẫn nghe như thường.",
      "Hãy mở buổi hội chẩn bằng Chrome, Edge hoặc Firefox bản mới."},
     {"A picture in this room is sent in a format that this browser cannot show; its sound is heard as usual.",
      "Open the consultation in a current Chrome, Edge or Firefox."}},
    {"not_allowed",
     {"Vai trò của bạn trong buổi này không được làm việc đó.", "Hãy nhờ chủ tọa thực hiện hoặc trao quyền."},
     {"Your role in this consultation does not allow that.", "Ask the host to do it or to hand over the host's role."}},
    {"own_word",
     {"Người này tự trả lời được trên màn hình của mình, nên không ai đồng ý thay.",
      "Hãy nhờ họ bấm Đồng ý hoặc Không đồng ý trên máy của họ."},
     {"This person can answer on their own screen, so nobody agrees for them.",
      "Ask them to press Agree or Decline on their own device."}},
    {"not_asked",
     {"Hiện không có ai đề nghị ghi hình, nên chưa cần đồng ý thay thiết bị.",
      "Hãy bấm Ghi hình trước, rồi đồng ý thay cho thiết bị."},
     {"Nobody is asking to record, so there is nothing to agree to for the device.",
      "Press Record first, then agree for the device."}},
    {"not_found",
     {"Không tìm thấy buổi hội chẩn hoặc người được nhắc tới; có thể họ vừa rời phòng.",
      "Hãy xem lại danh sách người trong phòng rồi thử lại."},
     {"The consultation or the person meant could not be found; they may have just left.",
      "Look at who is in the room and try again."}},
    {"no_consent",
     {"Người ở bên đó chưa đồng ý cho chụp ảnh, nên không chụp.", "Hãy hỏi lại; họ có thể đồng ý ở mục Ảnh chụp."},
     {"The person over there has not agreed to photographs, so none was taken.",
      "Ask again; they can agree under Stills."}},
    {"busy",
     {"Máy chủ đang bận việc trước hoặc chưa có bộ phận hình tiếng sẵn sàng.",
      "Trang sẽ tự thử lại; nếu quá một phút, hãy báo bộ phận kỹ thuật."},
     {"The server is still busy with an earlier step, or none of its media workers is ready.",
      "The page tries again by itself; after a minute, tell technical support."}},
    {"at_capacity",
     {"Máy chủ đang phục vụ gần hết sức, nên tạm chưa nhận thêm người để các buổi đang diễn ra không bị giật hình, mất "
      "tiếng.",
      "Trang tự thử lại; cứ để trang mở. Nếu gấp, hãy gọi điện cho người tổ chức để mở buổi cấp cứu."},
     {"The server is carrying nearly all it can, so it lets nobody else in for now, to keep picture and sound whole in "
      "the "
      "consultations that are running.",
      "The page tries again by itself; leave it open. If it is urgent, phone the organiser to open an emergency "
      "consultation."}},
    {"draining",
     {"Máy chủ này sắp được bảo trì nên chỉ giữ các buổi đang diễn ra, không mở buổi mới.",
      "Trang tự thử lại và sẽ vào khi máy chủ sẵn sàng; cứ để trang mở. Nếu gấp, hãy báo bộ phận kỹ thuật."},
     {"This server is about to be serviced: it keeps the consultations that are running and opens no new one.",
      "The page tries again by itself and joins when the server is ready; leave it open. If it is urgent, tell "
      "technical "
      "support."}},
    {"internal",
     {"Máy chủ gặp lỗi khi xử lý; việc vừa rồi chưa được thực hiện.",
      "Hãy thử lại; nếu vẫn lỗi, báo bộ phận kỹ thuật."},
     {"The server ran into a fault; what you asked was not done.",
      "Try again; if it fails again, tell technical support."}},
};

struct message_words message_words(const char *code, const char *language)
{
    size_t last = sizeof CATALOGUE / sizeof *CATALOGUE - 1; /* "internal" stands in for a code without words */
    size_t i = 0;
    while (i < last && strcmp(CATALOGUE[i].code, code) != 0)
        i++;
    return language && strcmp(language, "en") == 0 ? CATALOGUE[i].en : CATALOGUE[i].vi;
}
