#include "tests/bench/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/bench/endpoint_inside.h"

/* ---- ours ---- */

/* Of one layer its SSRC, of several their names: simulcast as browsers offer it (RFC 8853). */
static void describe_video(const struct endpoint *endpoint, char *text, size_t size)
{
    if (endpoint->layers == 1) {
        snprintf(text, size, "a=msid:b v\r\na=ssrc:%u cname:b\r\n", endpoint->video[0].ssrc);
        return;
    }
    size_t used = (size_t)snprintf(
        text, size, "a=msid:b v\r\na=extmap:%u urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n", endpoint->rid_id);
    for (int i = 0; i < endpoint->layers; i++)
        used += (size_t)snprintf(text + used, size - used, "a=rid:%s send\r\n", endpoint->video[i].rid);
    used += (size_t)snprintf(text + used, size - used, "a=simulcast:send ");
    for (int i = 0; i < endpoint->layers; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ";" : "", endpoint->video[i].rid);
    snprintf(text + used, size - used, "\r\n");
}

static void describe(struct endpoint *endpoint)
{
    const char *way = endpoint->config.publishes ? "sendonly" : "recvonly";
    char audio_source[128] = "", video_source[512] = "";
    if (endpoint->config.publishes) {
        snprintf(audio_source, sizeof audio_source, "a=msid:b a\r\na=ssrc:%u cname:b\r\n", endpoint->audio.ssrc);
        describe_video(endpoint, video_source, sizeof video_source);
    }
    snprintf(endpoint->sdp, sizeof endpoint->sdp,
             "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE %s %s\r\na=msid-semantic: WMS *\r\n"
             "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\n"
             "a=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\na=setup:active\r\na=mid:%s\r\na=%s\r\n%sa=rtcp-mux\r\n"
             "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
             "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
             "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
             "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\n"
             "a=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\na=setup:active\r\na=mid:%s\r\na=%s\r\n%sa=rtcp-mux\r\n"
             "a=rtcp-rsize\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
             "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
             "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\n"
             "a=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n",
             endpoint->mids[0], endpoint->mids[1], endpoint->ufrag, endpoint->pwd, endpoint_fingerprint(),
             endpoint->mids[0], way, audio_source, endpoint->ufrag, endpoint->pwd, endpoint_fingerprint(),
             endpoint->mids[1], way, video_source);
}

static bool field(const char *sdp, const char *name, char *value, size_t size)
{
    const char *at = strstr(sdp, name);
    if (!at)
        return false;
    at += strlen(name);
    size_t length = strcspn(at, "\r\n");
    if (length >= size)
        return false;
    memcpy(value, at, length);
    value[length] = '\0';
    return true;
}

static bool connect_to_candidate(struct endpoint *endpoint, const char *sdp)
{
    for (const char *at = strstr(sdp, "a=candidate:"); at; at = strstr(at + 1, "a=candidate:")) {
        char protocol[8], ip[64];
        unsigned port;
        if (sscanf(at, "a=candidate:%*s %*u %7s %*u %63s %u", protocol, ip, &port) != 3 ||
            strcasecmp(protocol, "udp") != 0 || strchr(ip, ':'))
            continue;
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        if (inet_pton(AF_INET, ip, &address.sin_addr) == 1 &&
            connect(endpoint->fd, (struct sockaddr *)&address, sizeof address) == 0)
            return true;
    }
    return false;
}

static int take_remote(struct endpoint *endpoint, const char *sdp, uint64_t now_us)
{
    if (!field(sdp, "a=ice-ufrag:", endpoint->remote_ufrag, sizeof endpoint->remote_ufrag) ||
        !field(sdp, "a=ice-pwd:", endpoint->remote_pwd, sizeof endpoint->remote_pwd) ||
        !connect_to_candidate(endpoint, sdp))
        return -1;
    endpoint->accepted_us = now_us;
    return 0;
}

const char *endpoint_offer(struct endpoint *endpoint)
{
    describe(endpoint);
    return endpoint->sdp;
}

/* An offer of Janus: its mids and payload types are taken over by name. */
const char *endpoint_answer(struct endpoint *endpoint, const char *offer)
{
    const char *audio = strstr(offer, "m=audio"), *video = strstr(offer, "m=video");
    if (!audio || !video || !field(audio, "a=mid:", endpoint->mids[0], sizeof endpoint->mids[0]) ||
        !field(video, "a=mid:", endpoint->mids[1], sizeof endpoint->mids[1]) || take_remote(endpoint, offer, 0) < 0)
        return NULL;
    describe(endpoint);
    return endpoint->sdp;
}

int endpoint_accept(struct endpoint *endpoint, const char *answer, uint64_t now_us)
{
    if (!answer) { /* our own answer is with the far end */
        endpoint->accepted_us = now_us;
        return 0;
    }
    return take_remote(endpoint, answer, now_us);
}
