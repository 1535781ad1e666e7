"""How everybody's line is: what the API, the operator and the people themselves are told when one of them is bad."""
import asyncio
import json
import random
import re

import jsonschema
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from caller import until
from hoichand import TOP
from test_call import book, gathered, run, ticket
from test_operator import ctl

STATS = {"$ref": "#/components/schemas/CallStats",
         "components": json.loads((TOP / "server" / "openapi.json").read_text())["components"]}


def lose_upwards(caller, share):
    """Of all RTP that this caller sends, retransmissions too, `share` goes nowhere."""
    transport = caller.pc.getTransceivers()[0].sender.transport
    send, dice = transport._send_rtp, random.Random(1)

    async def lossy(data):
        is_rtcp = 192 <= data[1] <= 223
        if is_rtcp or dice.random() >= share:
            await send(data)

    transport._send_rtp = lossy


def consultation_of(caller):
    return next(m for m in caller.heard if m["type"] == "joined")["consultation"]["id"]


def stats_of(server, caller, language="vi"):
    answer = server.api.get(f"/consultations/{consultation_of(caller)}/stats", headers={"Accept-Language": language})
    assert answer.status == 200, answer
    jsonschema.Draft202012Validator(STATS).validate(answer.json)
    return {person["id"]: person for person in answer.json["participants"]}


def line_of(server, caller):
    return stats_of(server, caller)[caller.me]["lines"][0]


def why_seen(viewer, source):
    return [slot.get("why", {}) for slot in viewer.slots.values()
            if slot.get("participant") == source.me and slot["kind"] == "video"][0]


def test_a_lossy_way_up_is_measured_and_explained(server):
    async def story():
        one, two = await gathered(server)
        await until(lambda: line_of(server, one).get("up_loss_permille") == 0 and line_of(server, one)["rtt_ms"] < 200, "a clean line is measured as clean")
        before = line_of(server, one)
        assert {track["source"] for track in before["tracks"]} == {"microphone", "camera"}
        assert before["path"]["protocol"] == "udp"
        slot = next(s for s in line_of(server, two)["slots"] if s["kind"] == "video")
        assert slot["state"] == "live" and (slot["width"], slot["height"]) == (320, 180) and slot["packets"] > 0

        lose_upwards(one, 0.3)
        await until(lambda: 220 <= line_of(server, one).get("up_loss_permille", 0) <= 380, "the loss is measured")
        await until(lambda: why_seen(two, one).get("cause") == "source-loss", "the viewer is told why")
        assert why_seen(two, one)["text"].startswith("The picture of BS. 0 stands still because the line from there is weak")
        await until(lambda: [m for m in one.heard if m["type"] == "link"][-1].get("why", {}).get("cause") == "line-up-loss",
                    "the one whose line it is is told, too")
        assert line_of(server, one)["nacks_sent"] > before["nacks_sent"]
        await until(lambda: two.participants[one.me]["connection"] == "poor", "the other is told how their line is")
        told = stats_of(server, two, "vi")[two.me]["lines"][0]["slots"]
        assert any(s.get("why", {}).get("cause") == "source-loss" for s in told)
        said = ctl(server, "why", consultation_of(one))
        assert "BS. 0 (host): line poor" in said and "The line up from BS. 0 is weak" in said
        assert "The picture of BS. 0 stands still" in said
    run(story())


def test_a_camera_is_blamed_only_while_something_else_comes_from_that_side(server):
    """Seconds after a line broke the far side had read that the camera should be switched off and on."""
    def stop_pictures(caller):
        sender = next(t.sender for t in caller.pc.getTransceivers() if t.kind == "video" and t.sender.track)
        transport = sender.transport
        send = transport._send_rtp

        async def without(data):
            if 192 <= data[1] <= 223 or int.from_bytes(data[8:12], "big") != sender._ssrc:
                await send(data)

        transport._send_rtp = without
        return lambda: setattr(transport, "_send_rtp", send)

    def stop_everything(caller):
        ice = caller.pc.getTransceivers()[0].sender.transport.transport
        for protocol in ice._connection._protocols:
            protocol.transport.sendto = lambda *_: None

    async def story():
        one, two = await gathered(server)
        go_on = stop_pictures(one)
        await until(lambda: why_seen(two, one).get("cause") == "source-silent", "the camera is named")
        assert "switch the camera off and on" in why_seen(two, one)["text"]
        go_on()
        await until(lambda: not why_seen(two, one), "it is well again")
        before = len(two.heard)
        stop_everything(one)
        await until(lambda: why_seen(two, one).get("cause") == "source-lost", "the line is named")
        causes = {slot.get("why", {}).get("cause")
                  for message in two.heard[before:] if message["type"] == "slots" for slot in message["slots"]}
        assert "source-silent" not in causes, causes
    run(story())


def test_what_is_measured_is_for_the_operator_alone(server):
    assert server.client().get("/consultations/anything/stats").status == 401
    nobody = server.api.get("/consultations/anything/stats")
    assert nobody.status == 200 and nobody.json["participants"] == []
    assert "nobody is there" in ctl(server, "why", "anything")


def test_how_a_stay_sounded_survives_a_killed_server(make_server):
    server = make_server()

    def kept(consultation, name):
        stays = server.api.get(f"/consultations/{consultation}/sessions").json["items"]
        return [stay.get("quality") for stay in stays if stay["name"] == name][0]

    async def story():
        one, two = await gathered(server)
        consultation = consultation_of(one)
        for concealed in (0, 0, 0, 120):
            await two.say(type="quality", concealed_permille=concealed, rtt_ms=80, buffer_ms=60, freezes=1, frozen_ms=400,
                          frames_decoded=70, frames_dropped=0, protocol="udp")
        await until(lambda: (kept(consultation, "BS. 1") or {}).get("reports") == 4, "it is written while the call goes on")
        server.process.kill()
        server.process.wait()
        await asyncio.get_event_loop().run_in_executor(None, server.start)
        await two.resume()
        await two.say(type="quality", concealed_permille=0, rtt_ms=80, buffer_ms=60, protocol="tcp")
        await two.say(type="leave")
        await until(lambda: (kept(consultation, "BS. 1") or {}).get("reports") == 5, "the new server went on with it")
        quality = kept(consultation, "BS. 1")
        assert quality["freezes"] == 4 and quality["frozen_ms"] == 1600 and quality["protocol"] == "tcp"
        mos = quality["mos"]
        assert mos["reports"] == 5 and mos["low_permille"] == 200
        assert 1 < mos["min"] < 2.5 < 3.5 < mos["mean"] < 4.4
        assert quality["worst_concealed_permille"] == 120 and quality["concealed_permille"] == 24
    run(story())


def scrape(server):
    """By the strict parser of Prometheus' own client; the families by name."""
    answer = server.client().get("/metrics", raw=True)
    return {family.name: family for family in text_string_to_metric_families(answer.body.decode())}


def value(families, family, suffix="", **labels):
    return sum(sample.value for sample in families[family].samples
               if sample.name == family + suffix and labels.items() <= sample.labels.items())


def test_metrics_count_lines_and_name_nobody(server):
    async def story():
        one, two = await gathered(server)
        before = scrape(server)
        for concealed, freezes in ((0, 0), (5, 0), (150, 2)):
            await two.say(type="quality", concealed_permille=concealed, rtt_ms=250, buffer_ms=50, freezes=freezes,
                          frozen_ms=freezes * 500, frames_decoded=75, frames_dropped=1, protocol="turn-tls")

        def grown(family, suffix, **labels):
            return round(value(scrape(server), family, suffix, **labels) - value(before, family, suffix, **labels), 6)

        await until(lambda: grown("hoichan_speech_mos", "_count") == 3, "three reports are counted")
        assert grown("hoichan_speech_mos", "_bucket", le="3.5") == 1
        assert grown("hoichan_speech_concealed_ratio", "_bucket", le="0.01") == 2
        assert grown("hoichan_round_trip_seconds", "_bucket", le="0.2") == 0
        assert grown("hoichan_round_trip_seconds", "_bucket", le="0.3") == 3
        assert grown("hoichan_picture_freezes", "_total") == 2
        assert grown("hoichan_picture_frozen_seconds", "_total") == 1
        families = scrape(server)
        assert value(families, "hoichan_lines", rung="turn-tls") >= 1 and value(families, "hoichan_lines", rung="udp") >= 1
        await until(lambda: value(scrape(server), "hoichan_people_by_line", line="good") >= 2, "both lines are counted as good")
        await until(lambda: grown("hoichan_worker_uplink_packets", "_total", worker="0") > 100, "packets are counted")
        await until(lambda: grown("hoichan_downlink_estimate", "_count") > 0, "estimates are counted")
        text = server.client().get("/metrics", raw=True).body.decode()
        for told in (one.me, two.me, consultation_of(one), "BS.", "127.0.0.1"):
            assert told not in text
    run(story())


def test_alert_rules_speak_of_metrics_that_there_are(server):
    families = scrape(server)
    known = {name + suffix for name in families for suffix in ("", "_total", "_bucket", "_count", "_sum")}
    rules = (TOP / "config" / "prometheus" / "alerts.yml").read_text()
    asked = set(re.findall(r"hoichan_[a-z_]+", rules))
    assert asked and asked <= known, asked - known


def test_line_is_tried_before_the_call_and_no_fault_is_logged(server):
    offer = (TOP / "tests" / "vectors" / "sdp" / "chromium-whep.sdp").read_bytes()
    bearer = ticket(server, book(server), "BS. Lan")
    answer = server.client().post("/api/v1/join/line", offer, raw=True,
                                  headers={"Content-Type": "application/sdp", "Authorization": f"Bearer {bearer}"})
    assert answer.status == 200 and b"a=candidate:" in answer.body, answer
    assert " error GLib" not in server.log()
