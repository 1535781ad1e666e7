"""A WHIP encoder of GStreamer's webrtcbin, in a process of its own: a grey picture and a tone until stdin ends.

    encoder_gst.py URL TICKET CA_FILE GREY HERTZ [vp8|h264]
"""
import ssl
import sys
import threading
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

VIDEO = {
    "vp8": "vp8enc deadline=1 keyframe-max-dist=30 target-bitrate=300000 ! rtpvp8pay picture-id-mode=15-bit"
           " ! application/x-rtp,media=video,encoding-name=VP8,payload=96",
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate=300 key-int-max=30"
            " ! video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 aggregate-mode=zero-latency"
            " ! application/x-rtp,media=video,encoding-name=H264,payload=96",
}


class Encoder:
    def __init__(self, url, ticket, ca_file, grey, hertz, codec="vp8"):
        self.url, self.ticket, self.tls = url, ticket, ssl.create_default_context(cafile=ca_file)
        colour = 0xFF000000 | int(grey) * 0x010101
        self.pipeline = Gst.parse_launch(
            f"webrtcbin name=peer bundle-policy=max-bundle "
            f"audiotestsrc is-live=true freq={hertz} volume=0.4 ! opusenc ! rtpopuspay"
            f" ! application/x-rtp,media=audio,encoding-name=OPUS,payload=111 ! peer. "
            f"videotestsrc is-live=true pattern=solid-color foreground-color={colour}"
            f" ! video/x-raw,format=I420,width=320,height=180,framerate=15/1 ! {VIDEO[codec]} ! peer.")
        self.peer = self.pipeline.get_by_name("peer")
        self.peer.connect("on-negotiation-needed", self.negotiate)

    def negotiate(self, peer):
        for i in range(2):
            peer.emit("get-transceiver", i).props.direction = GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY
        peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered, peer))

    def offered(self, promise, peer):
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        peer.emit("set-local-description", offer, None)
        threading.Thread(target=self.post, args=(offer.sdp.as_text(),), daemon=True).start()

    def request(self, method, url, body=None):
        request = urllib.request.Request(url, body, method=method, headers={
            "Content-Type": "application/sdp", "Authorization": f"Bearer {self.ticket}"})
        with urllib.request.urlopen(request, context=self.tls) as response:
            return response.headers.get("Location"), response.read().decode()

    def post(self, sdp):
        location, text = self.request("POST", self.url, sdp.encode())
        self.resource = urllib.parse.urljoin(self.url, location)
        _, message = GstSdp.SDPMessage.new_from_text(text)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self.peer.emit("set-remote-description", answer, None)
        print("answered", flush=True)


def main():
    Gst.init(None)
    encoder = Encoder(*sys.argv[1:])
    encoder.pipeline.set_state(Gst.State.PLAYING)
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    loop.run()
    encoder.request("DELETE", encoder.resource)
    encoder.pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main()
