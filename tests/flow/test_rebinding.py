"""A peer whose address changes in the middle of a call, and strangers who would like it to seem so: over the real server."""
import asyncio
import socket

from hoichand import figure

from caller import Caller, until
from nat import Nat
from test_call import book, run, ticket


class Natted(Caller):
    """Somebody behind a NAT, with an SSRC for the sound of their own choice."""

    def __init__(self, *args, ssrc=None, **options):
        super().__init__(*args, **options)
        self.nat, self.ssrc = Nat(), ssrc

    def prepare(self, pc):
        if self.ssrc:
            pc.getSenders()[0]._ssrc = self.ssrc

    async def way(self, sdp):
        return await self.nat.stand_before(sdp)

    async def leave(self):
        await super().leave()
        if self.nat.outside:
            self.nat.close()


async def behind_nats(server, ssrc=None):
    room = book(server)
    one, two = [Natted(server, ticket(server, room, name, role), hertz, grey, ssrc=ssrc)
                for name, role, hertz, grey in (("BS. An", "host", 440, 60), ("BS. Ba", "doctor", 660, 120))]
    for caller in (one, two):
        await caller.join()
    await until(lambda: one.perceives(two) and two.perceives(one), "both see and hear each other")
    return one, two


async def go_on(one, two):
    """Sound comes both ways from now on; how long that took each of them."""
    ears = one.ear(two.me, "audio"), two.ear(one.me, "audio")
    now = [len(ear.came) for ear in ears]
    return await asyncio.gather(*(until(lambda ear=ear, count=count: len(ear.came) > count + 25, "sound goes on")
                                  for ear, count in zip(ears, now)))


async def rebound(one, two):
    """No check gets through before sound is there again both ways."""
    one.nat.checks = False
    since = asyncio.get_event_loop().time()
    await one.nat.rebind()
    await go_on(one, two)
    missed = one.ear(two.me, "audio").missed_s(since), two.ear(one.me, "audio").missed_s(since)
    figure(f"a NAT that rebound cost {missed[0]:.2f} s of sound here and {missed[1]:.2f} s there, without a check")


def test_media_go_on_both_ways_before_a_check_when_a_nat_rebinds(server):
    async def story():
        one, two = await behind_nats(server)
        await rebound(one, two)
        one.nat.checks = True
        await asyncio.sleep(8)  # longer than it is followed: by now it has been checked
        await go_on(one, two)
        await rebound(one, two)
    run(story())


def test_an_address_that_nobody_proves_is_sent_nothing_after_a_while(server):
    async def story():
        one, two = await behind_nats(server)
        await rebound(one, two)

        async def silent():
            came = one.nat.came
            await asyncio.sleep(1)
            return one.nat.came == came
        while not await silent():
            pass
        ear = two.ear(one.me, "audio")
        heard = len(ear.came)
        await until(lambda: len(ear.came) > heard + 25, "they are heard all the same")
        one.nat.checks = True
        await go_on(one, two)
    run(story())


def test_a_copy_that_is_quicker_than_the_original_moves_nothing(server):
    async def story():
        one, two = await behind_nats(server)
        one.nat.copied_first = True
        await go_on(one, two)
        await asyncio.sleep(1)
        await go_on(one, two)
        assert one.nat.listener.came == 0
    run(story())


def test_media_that_came_before_or_are_forged_move_nothing_in_a_silence(server):
    async def story():
        one, two = await behind_nats(server)
        for _ in range(5):
            one.nat.holds = True
            one.nat.held = None
            await asyncio.sleep(0.3)
            await until(lambda: one.nat.held, "a packet that is held back")
            late = one.nat.held
            forged = late[:-1] + bytes([late[-1] ^ 1])
            for packet in (*one.nat.media, *[forged] * 40):
                one.nat.elsewhere.sendto(packet)
            await asyncio.sleep(0.1)
            one.nat.holds = False
            await go_on(one, two)
        assert one.nat.listener.came == 0
    run(story())


def test_a_check_that_is_replayed_from_elsewhere_moves_nothing(server):
    """Also in a silence of the peer's own media, when a check that is theirs would."""
    async def story():
        one, two = await behind_nats(server)
        before = one.nat.check
        await until(lambda: one.nat.check != before, "a check of a path that is proven")
        replayed = one.nat.check
        one.nat.holds = True
        await asyncio.sleep(1.5)
        one.nat.elsewhere.sendto(replayed)
        await asyncio.sleep(0.5)
        one.nat.holds = False
        await go_on(one, two)
        assert one.nat.listener.came == 0
    run(story())


def test_two_with_the_same_ssrc_are_told_apart(server):
    async def story():
        one, two = await behind_nats(server, ssrc=4711)
        await rebound(one, two)
        await rebound(two, one)
        assert one.perceives(two) and two.perceives(one)
    run(story())


def test_media_of_who_has_left_are_nobodys(server):
    async def story():
        one, two = await behind_nats(server)
        await rebound(one, two)
        old = list(two.nat.media)
        worker = two.nat.worker
        await two.leave()
        await until(lambda: two.me not in one.participants or one.participants[two.me].get("away"), "they are gone")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for packet in old:
                stranger.sendto(packet, worker)
        one.nat.checks = True
        came = one.nat.came
        await until(lambda: one.nat.came > came + 5, "the worker goes on")
    run(story())
