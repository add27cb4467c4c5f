"""N01 to N09, N15 to N18 and N25: the connection breaks, in every way in which it can."""

from __future__ import annotations

import asyncio
import contextlib
import time

from tests.chaos.cases import Cases
from tests.chaos.fast_loop import within
from tests.chaos.stage import FRAME_MS, Stage
from voice.core.updates import ConnectionLost, UserSpeechStarted
from voice.errors import ConnectError

cases = Cases()
case = cases.case


async def break_in_an_answer(stage: Stage, how: str) -> None:
    """Have an answer break off after a chunk that chance chooses."""
    await stage.open()
    await stage.ask_and_hear()
    cut = stage.random.randint(0, 7)
    before, answered = stage.speaker.chunks, stage.completed
    stage.hold_after(cut)
    stage.ask()
    await stage.chunks(before + cut)
    stage.broken()
    getattr(stage.proxy, how)()
    stage.hold_after(None)
    await stage.restored()
    await stage.answer_heard(answered + 1)


@case("N01", "reset while the assistant speaks", "it stops, and answers again", own=True)
async def reset_while_speaking(stage: Stage) -> None:
    """What was heard stays, the rest is said anew."""
    await break_in_an_answer(stage, "reset")
    assert stage.back_s is not None and stage.back_s <= 3


@case("N02", "reset while the user speaks", "nothing")
async def reset_while_the_user_speaks(stage: Stage) -> None:
    """The whole turn reaches the next session."""
    await stage.open(hears=True)
    first = stage.numbered.next_pair
    stage.speak(stage.random.randint(5, 40) * FRAME_MS)
    await stage.shown(UserSpeechStarted)
    stage.broken()
    stage.proxy.reset()
    stage.speak(stage.random.randint(5, 40) * FRAME_MS)
    last = stage.numbered.next_pair - 1
    assert stage.microphone is not None
    stage.microphone.push_silence(400)
    await stage.restored()
    await stage.answer_heard(1)
    heard = {number for turn in stage.upstream.heard_turns for number in turn}
    missing = set(range(first, last + 1)) - heard
    stage.lost_audio_ms = len(missing) // 12
    assert not missing, f"{stage.lost_audio_ms} ms of the user's speech were lost"


@case("N03", "reset while nobody speaks", "nothing", own=True)
async def reset_while_idle(stage: Stage) -> None:
    """It is back within a second."""
    await stage.open()
    await stage.ask_and_hear()
    stage.broken()
    stage.proxy.reset()
    await stage.restored()
    assert stage.back_s is not None and stage.back_s <= 1, f"back after {stage.back_s:.1f} s"


@case("N04", "end of the stream without a close frame", "as N01", own=True)
async def finish_without_a_word(stage: Stage) -> None:
    """A FIN is a broken connection too."""
    await break_in_an_answer(stage, "finish")


async def closed_with(stage: Stage, code: int) -> None:
    """Have the endpoint close while nobody speaks."""
    await stage.open()
    await stage.ask_and_hear()
    stage.broken()
    await stage.upstream.current.peer.close(code, "the endpoint goes")
    await stage.restored(limit_s=20)


@case("N05", "close 1001, going away", "nothing")
async def going_away(stage: Stage) -> None:
    """A restart of the endpoint, or the end of its longest session."""
    await closed_with(stage, 1001)


@case("N06", "close 1011, 1012 or 1013", "nothing; after 1013 a wait", speed=10)
async def troubled(stage: Stage) -> None:
    """A fault of the endpoint's own; 1013 asks not to come back at once."""
    code = stage.random.choice((1011, 1012, 1013))
    await closed_with(stage, code)
    assert stage.back_s is not None
    assert (stage.back_s > 2) == (code == 1013), f"{code}: back after {stage.back_s:.1f} s"


@case("N07", "black hole", "“one moment”, then as N01", own=True, speed=20)
async def black_hole(stage: Stage) -> None:
    """Nothing comes any more and nobody is told: our own pings find it."""
    await stage.open()
    await stage.ask_and_hear()
    answered = stage.completed
    is_asked = bool(stage.random.randint(0, 1))
    if is_asked:
        before = stage.speaker.chunks
        stage.hold_after(stage.random.randint(1, 7))
        stage.ask()
        await stage.chunks(before + 1)
    stage.broken()
    stage.proxy.black_hole()
    lost = len(stage.all(ConnectionLost)) + 1
    await stage.shown(ConnectionLost, lost, limit_s=11.5)
    stage.hold_after(None)
    stage.proxy.heal()
    await stage.restored(limit_s=12)
    if is_asked:
        await stage.answer_heard(answered + 1)


@case("N09", "half-close", "as N04", own=True)
async def half_close(stage: Stage) -> None:
    """One direction ends, by chance one or the other."""
    await stage.open()
    await stage.ask_and_hear()
    stage.broken()
    stage.proxy.half_close(stage.random.choice(("up", "down")))
    await stage.restored(limit_s=15)


@case("N15", "no network for 30 s", "notice, then “back again”", speed=20)
async def half_a_minute_out(stage: Stage) -> None:
    """Connections hang, and so do new ones, until the network is back."""
    await stage.open()
    await stage.ask_and_hear()
    stage.proxy.black_hole()
    stage.proxy.is_deaf = True
    reconnects_before = stage.proxy.accepted
    await asyncio.sleep(30)
    assert stage.all(ConnectionLost), "nobody was told"
    stage.broken()
    stage.proxy.heal()
    await stage.restored(limit_s=15)
    assert stage.back_s is not None and stage.back_s <= 5, f"back after {stage.back_s:.1f} s"
    assert stage.proxy.accepted - reconnects_before <= 12, "a storm of tries"


@case("N17", "connection refused", "a clear message, at once")
async def refused(stage: Stage) -> None:
    """The first try says so within 2 s; a later session works."""
    port = stage.proxy.port
    await stage.proxy.stop_listening()
    stage.broken()
    loop = asyncio.get_running_loop()
    begun_s = loop.time()
    try:
        await stage.open()
    except ConnectError as error:
        assert "refused the connection" in str(error)
    else:
        raise AssertionError("there is nobody, and yet a session")
    assert loop.time() - begun_s <= 2
    await stage.proxy.start(port)
    await stage.open()


@case("N18", "handshake never answered", "a message after 10 s", speed=20)
async def deaf(stage: Stage) -> None:
    """The limit of opening a connection holds."""
    stage.proxy.is_deaf = True
    try:
        await within(12, "the handshake's limit", stage.open())
    except ConnectError as error:
        assert "did not answer within 10 s" in str(error)
    else:
        raise AssertionError("nobody answered, and yet a session")
    stage.proxy.heal()
    await stage.open()


@case(
    "N25",
    "the endpoint flaps every 2 s, for a minute",
    "notices, further and further apart",
    speed=30,
)
async def flapping(stage: Stage) -> None:
    """Tries grow rarer although each of them succeeds."""
    await stage.open()
    await stage.ask_and_hear()
    accepted = stage.proxy.accepted

    async def flap() -> None:
        while True:
            await asyncio.sleep(2)
            stage.proxy.reset()

    begun_s = time.perf_counter()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(60):
            await flap()
    tries = stage.proxy.accepted - accepted
    stage.notes["tries"] = tries, time.perf_counter() - begun_s
    attempts = [update.attempt for update in stage.all(ConnectionLost)]
    assert attempts == sorted(attempts), "the streak was forgotten"
    assert 2 <= tries <= 20, f"{tries} tries in a minute"
    stage.broken()
    await stage.state(lambda: stage.is_idle, "calm", limit_s=30)
