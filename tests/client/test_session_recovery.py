"""Lost connections over real sockets: the conversation goes on, and nothing is heard twice."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tests.client.session_kit import Clock, Reader
from voice.client import session_run
from voice.client.place import Place
from voice.client.session import Session
from voice.core.reconnect import Persistence
from voice.core.restore import CONTINUES
from voice.core.updates import (
    AssistantTranscript,
    ConnectionLost,
    EndpointChanged,
    Interrupted,
    Phase,
    Reconnected,
    ResponseFinished,
    SessionReady,
    SessionRenewed,
    ToolCallFinished,
    UserSpeechStarted,
)
from voice.errors import AuthError, ConnectError, LinkLost
from voice.protocol.client_events import ConversationItemCreate
from voice.protocol.dialects import Dialect
from voice.protocol.endpoints import resolve
from voice.protocol.session_config import SessionConfig
from voice.testing import events
from voice.testing.clock import MovedClock
from voice.testing.endpoint import Peer, ScriptedEndpoint
from voice.testing.sound import RecordingSpeaker, ScriptedMicrophone

Script = Callable[[Peer], Awaitable[None]]


async def confirm(peer: Peer, count: int) -> list[tuple[str, str]]:
    """Take so many items of the history, confirm each, and return who said what."""
    found = []
    for _ in range(count):
        event = await peer.expect("conversation.item.create")
        assert isinstance(event, ConversationItemCreate)
        wire = event.item.to_wire()
        content = wire.get("content") or [{}]
        found.append((wire.get("role") or wire["type"], content[0].get("text") or ""))
        await peer.send(events.item_added(wire))
    return found


async def answer(peer: Peer, number: int, text: str, ms: int = 100) -> None:
    await peer.expect("response.create")
    await peer.send(
        events.response_created(f"r{number}"),
        events.words(f"r{number}", f"a{number}", text),
        events.audio_delta(f"r{number}", f"a{number}", ms),
        events.audio_done(f"r{number}", f"a{number}"),
        events.response_done(f"r{number}"),
    )


async def first_turn(peer: Peer) -> None:
    await peer.greet()
    await confirm(peer, 1)
    await answer(peer, 1, "Hi.")


def closing(code: int) -> Script:
    async def script(peer: Peer) -> None:
        await first_turn(peer)
        await peer.expect("conversation.item.create")
        peer.tolerate("response.create")
        await peer.close(code, "bye")

    return script


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1012])
async def test_after_any_close_that_may_pass_the_history_comes_back(code: int) -> None:
    told: list[tuple[str, str]] = []

    async def second(peer: Peer) -> None:
        update = await peer.greet()
        assert (update.session.instructions or "").endswith(CONTINUES)  # type: ignore[union-attr]
        told.extend(await confirm(peer, 3))
        await answer(peer, 1, "Here I am again.")

    async with ScriptedEndpoint([closing(code), second]) as endpoint:
        async with Session(endpoint=resolve(endpoint.url)) as session:
            reader = Reader(session)
            session.send_text("Hello")
            await reader.until(ResponseFinished)
            session.send_text("Are you there?")
            assert (await reader.until(ConnectionLost)).attempt == 1
            assert (await reader.until(Reconnected)) == Reconnected("full", 0)
            await reader.until(ResponseFinished)
            assert session.phase in (Phase.LISTENING, Phase.SPEAKING)
    assert told == [("user", "Hello"), ("assistant", "Hi."), ("user", "Are you there?")]


@pytest.mark.parametrize("cut_after", range(1, 8))
async def test_wherever_an_answer_breaks_off_it_is_told_once_and_asked_for_again(
    cut_after: int,
) -> None:
    told: list[tuple[str, str]] = []

    async def first(peer: Peer) -> None:
        await peer.greet()
        await confirm(peer, 1)
        await peer.expect("response.create")
        story = [events.response_created("r1")]
        for _ in range(3):
            story += [events.words("r1", "a1", "once "), events.audio_delta("r1", "a1", 500)]
        await peer.send(*story[:cut_after])
        peer.drop()

    async def second(peer: Peer) -> None:
        await peer.greet()
        event = await peer.expect("conversation.item.create")
        while event.type == "conversation.item.create":
            assert isinstance(event, ConversationItemCreate)
            wire = event.item.to_wire()
            told.append((wire["role"], wire["content"][0]["text"]))
            await peer.send(events.item_added(wire))
            event = await peer.expect_any("conversation.item.create", "response.create")
        await peer.send(
            events.response_created("r1"),
            events.audio_delta("r1", "a1", 100),
            events.response_done("r1"),
        )

    async with ScriptedEndpoint([first, second]) as endpoint:
        async with Session(endpoint=resolve(endpoint.url)) as session:
            reader = Reader(session)
            session.send_text("A story")
            await reader.until(ResponseFinished)
    assert told[0] == ("user", "A story")
    assert len(told) == len({text for _, text in told}) <= 2


async def test_a_loss_in_the_middle_of_an_answer_keeps_what_was_heard() -> None:
    clock = MovedClock()
    speaker = RecordingSpeaker(clock)
    heard = asyncio.Event()

    async def first(peer: Peer) -> None:
        await peer.greet()
        await confirm(peer, 1)
        await peer.expect("response.create")
        await peer.send(events.response_created("r1"))
        for word in ("One ", "two ", "three ", "four "):
            await peer.send(events.words("r1", "a1", word), events.audio_delta("r1", "a1", 1_000))
        await peer.send(events.words("r1", "a1", "five"))
        await asyncio.wait_for(heard.wait(), 5)
        peer.drop()

    async def second(peer: Peer) -> None:
        await peer.greet()
        told = await confirm(peer, 2)
        assert told == [("user", "Count"), ("assistant", "One two")]
        await answer(peer, 1, "three four", ms=1_000)

    async with ScriptedEndpoint([first, second]) as endpoint:
        session = Session(endpoint=resolve(endpoint.url), speaker=speaker)
        async with session:
            reader = Reader(session)
            session.send_text("Count")
            await reader.until(AssistantTranscript, 5)
            clock.advance(2_500)
            heard.set()
            cut = await reader.until(Interrupted)
            assert (cut.heard_ms, cut.heard_text) == (2_500, "One two")
            await reader.until(ResponseFinished)
            clock.advance(5_000)
        parts = {sound.item_id for sound in speaker.sounds}
        assert len(parts) == 2
        assert len(speaker.heard_pcm()) == 48 * 3_500


async def test_speech_that_was_cut_off_is_heard_by_the_next_session() -> None:
    microphone, heard_again = ScriptedMicrophone(), asyncio.Event()
    # Longer than what may wait to be sent where a network is slow.
    first_words = b"\x01\x00" * 24_000 * 6

    async def first(peer: Peer) -> None:
        await peer.greet()
        await peer.hear(960)
        await peer.send(events.speech_started("u1"))
        await peer.hear(len(first_words) - 960)
        peer.drop()

    async def second(peer: Peer) -> None:
        await peer.greet()
        heard = await peer.hear(len(first_words))
        assert heard == first_words
        heard_again.set()

    async with ScriptedEndpoint([first, second]) as endpoint:
        async with Session(endpoint=resolve(endpoint.url), microphone=microphone) as session:
            reader = Reader(session)
            microphone.push(first_words[:960])
            await reader.until(UserSpeechStarted)
            for start in range(960, len(first_words), 960):
                microphone.push(first_words[start : start + 960])
                await asyncio.sleep(0)
            await asyncio.wait_for(heard_again.wait(), 5)


async def test_a_tool_that_runs_has_one_effect_and_one_answer() -> None:
    called = asyncio.Event()
    release = asyncio.Event()

    class Slow(Clock):
        async def call(self, name: str, arguments: str, call_id: str | None = None):  # type: ignore[no-untyped-def]
            called.set()
            await release.wait()
            return await super().call(name, arguments)

    async def first(peer: Peer) -> None:
        await peer.greet()
        await confirm(peer, 1)
        await peer.expect("response.create")
        await peer.send(events.response_created("r1"), events.call_done("r1", "c1"))
        await asyncio.wait_for(called.wait(), 5)
        peer.drop()

    async def second(peer: Peer) -> None:
        await peer.greet()
        assert await confirm(peer, 1) == [("user", "What time is it?")]
        release.set()
        assert [who for who, _ in await confirm(peer, 2)] == [
            "function_call",
            "function_call_output",
        ]
        await answer(peer, 1, "Noon.")

    tools = Slow()
    async with ScriptedEndpoint([first, second]) as endpoint:
        async with Session(endpoint=resolve(endpoint.url), tools=tools) as session:
            reader = Reader(session)
            session.send_text("What time is it?")
            await reader.until(ToolCallFinished)
            await reader.until(ResponseFinished)
    assert len(tools.calls) == 1


async def test_a_key_that_is_revoked_ends_the_conversation_by_its_name() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.send(events.error("invalid_api_key", "sk-canary was revoked"))

    async with ScriptedEndpoint(script) as endpoint:
        with pytest.raises(AuthError, match="refused the key") as caught:
            async with Session(endpoint=resolve(endpoint.url), api_key="sk-canary") as session:
                await Reader(session).rest()
        assert "canary" not in str(caught.value)
        assert len(endpoint.requests) == 1


async def test_a_refused_beta_header_leads_to_one_ga_attempt() -> None:
    async def refuse(peer: Peer) -> None:
        await peer.send(events.error("beta_api_shape_disabled", "Use GA"))
        await peer.close(4000, "invalid_request_error.beta_api_shape_disabled")

    async def accept(peer: Peer) -> None:
        await peer.greet()

    async with ScriptedEndpoint([refuse, accept]) as endpoint:
        async with Session(endpoint=resolve(endpoint.url, dialect=Dialect.BETA, beta_header=True)):
            pass
        sent = [request.headers.get("OpenAI-Beta") for request in endpoint.requests]
    assert sent == ["realtime=v1", None]


async def test_a_busy_endpoint_is_left_alone_for_as_long_as_it_asks() -> None:
    async def first(peer: Peer) -> None:
        await peer.greet()
        endpoint.refuse_next(429, {"Retry-After": "7"})
        peer.drop()

    async with ScriptedEndpoint([first]) as endpoint:
        async with Session(endpoint=resolve(endpoint.url)) as session:
            lost = await Reader(session).until(ConnectionLost, 2)
            assert lost.retry_in_ms == 7_000


async def test_the_next_endpoint_goes_on_and_is_started_when_it_is_needed() -> None:
    started: list[int] = []
    told: list[tuple[str, str]] = []

    async def own(peer: Peer) -> None:
        update = await peer.greet()
        assert (update.session.instructions or "").startswith("Own.")  # type: ignore[union-attr]
        told.extend(await confirm(peer, 2))

    async def cloud(peer: Peer) -> None:
        await first_turn(peer)
        await asyncio.wait_for(ready.wait(), 5)
        peer.drop()

    ready = asyncio.Event()
    async with ScriptedEndpoint(own) as near:

        async def start():  # type: ignore[no-untyped-def]
            started.append(1)
            return resolve(near.url), None

        own_config = SessionConfig(instructions="Own.")
        place = Place(resolve("ws://127.0.0.1:9/"), config=own_config, start=start)
        async with ScriptedEndpoint(cloud) as far:
            async with Session(endpoint=resolve(far.url), fallbacks=[place]) as session:
                reader = Reader(session)
                session.send_text("Hello")
                await reader.until(ResponseFinished)
                assert started == []
                far.refuse_next(503, {}, for_ever=True)
                ready.set()
                changed = await reader.until(EndpointChanged)
                assert changed.index == 1
                assert await reader.until(Reconnected) == Reconnected("full", 0)
    assert told == [("user", "Hello"), ("assistant", "Hi.")]


async def test_a_session_is_renewed_before_it_expires_and_nobody_notices() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        event = None
        while event is None or event.type == "conversation.item.create":
            event = await peer.expect_any("conversation.item.create", "response.create")
            if isinstance(event, ConversationItemCreate):
                await peer.send(events.item_added(event.item.to_wire()))
        await peer.send(events.response_created("r1"), events.response_done("r1"))
        peer.tolerate("conversation.item.create")

    async with ScriptedEndpoint(script) as endpoint:
        place = resolve(endpoint.url)
        place = replace(place, capabilities=replace(place.capabilities, session_limit_s=2))
        async with Session(endpoint=place) as session:
            reader = Reader(session)
            session.send_text("Hello")
            await reader.until(ResponseFinished)
            assert await reader.until(SessionRenewed) == SessionRenewed("full", 0)
            session.send_text("Again")
            await reader.until(ResponseFinished)
            assert session.phase is Phase.LISTENING
        assert len(endpoint.requests) >= 2


async def test_a_first_connection_that_fails_is_told_at_once() -> None:
    async with ScriptedEndpoint(refuse=503) as endpoint:
        with pytest.raises(ConnectError, match="fault of its own"):
            async with Session(endpoint=resolve(endpoint.url)):
                pass
        assert len(endpoint.requests) == 1


async def test_patience_may_be_bounded() -> None:
    async def first(peer: Peer) -> None:
        await peer.greet()
        endpoint.refuse_next(503, {}, for_ever=True)
        peer.drop()

    patience = Persistence(give_up_after_ms=300)
    async with ScriptedEndpoint([first]) as endpoint:
        with pytest.raises(LinkLost, match="fault of its own"):
            async with Session(endpoint=resolve(endpoint.url), persistence=patience) as session:
                await Reader(session).rest()


class Daylight:
    """A time of day that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def time(self) -> float:
        return self.now_s

    def monotonic(self) -> float:
        return self.now_s


async def test_a_computer_that_slept_opens_another_connection_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    daylight = Daylight()
    monkeypatch.setattr(session_run, "time", daylight)
    monkeypatch.setattr(session_run, "CLOCK_EVERY_S", 0.01)

    async def script(peer: Peer) -> None:
        await peer.greet()

    async with ScriptedEndpoint(script) as endpoint:
        async with Session(endpoint=resolve(endpoint.url)) as session:
            reader = Reader(session)
            await reader.until(SessionReady)
            daylight.now_s += 600
            lost = await reader.until(ConnectionLost)
            assert "slept" in lost.reason
            await reader.until(Reconnected)
        assert len(endpoint.requests) == 2
