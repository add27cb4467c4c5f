"""Microphone, speaker and buttons of whole sessions, at a scripted endpoint."""

import asyncio
from collections.abc import Callable

import pytest

from tests.client.session_kit import Reader
from voice.client.session import Session
from voice.core.client_inputs import Button
from voice.core.updates import (
    Interrupted,
    MicrophoneEnded,
    Phase,
    PhaseChanged,
    ResponseFinished,
    UserTranscript,
    WarningIssued,
)
from voice.errors import DeviceError
from voice.protocol.client_events import SessionUpdate
from voice.protocol.endpoints import resolve
from voice.protocol.formats import PCMU
from voice.protocol.session_config import (
    AudioConfig,
    AudioInputConfig,
    AudioOutputConfig,
    SessionConfig,
)
from voice.testing import events
from voice.testing.clock import MovedClock
from voice.testing.endpoint import Peer, ScriptedEndpoint
from voice.testing.sound import RecordingSpeaker, ScriptedMicrophone

MANUAL = SessionConfig(audio=AudioConfig(input=AudioInputConfig(turn_detection=None)))


async def test_the_microphone_reaches_the_wire_with_what_was_said_before_it_was_ready() -> None:
    microphone = ScriptedMicrophone()
    microphone.push(b"\x01\x00" * 480)
    heard: list[bytes] = []

    async def script(peer: Peer) -> None:
        await peer.greet()
        heard.append(await peer.hear(2 * 960))

    async with ScriptedEndpoint(script) as endpoint:
        async with Session(endpoint=resolve(endpoint.url), microphone=microphone) as session:
            microphone.push(b"\x02\x00" * 480)
            microphone.end()
            await Reader(session).until(MicrophoneEnded)
    assert heard == [b"\x01\x00" * 480 + b"\x02\x00" * 480]


async def test_telephone_sound_is_converted_both_ways() -> None:
    clock, microphone = MovedClock(), ScriptedMicrophone()
    speaker = RecordingSpeaker(clock)
    config = SessionConfig(
        audio=AudioConfig(
            input=AudioInputConfig(format=PCMU), output=AudioOutputConfig(format=PCMU)
        )
    )

    async def script(peer: Peer) -> None:
        await peer.greet()
        assert set(await peer.hear(7_000)) <= {0x7E, 0x7F, 0xFE, 0xFF}, "not silence"
        await peer.send(events.response_created("r1"))
        await peer.send(events.words("r1", "i1", "Hi"), events.audio_delta("r1", "i1", 500))
        await peer.send(events.response_done("r1"))

    async with ScriptedEndpoint(script) as endpoint:
        async with Session(
            endpoint=resolve(endpoint.url), config=config, microphone=microphone, speaker=speaker
        ) as session:
            microphone.push_silence(1_000)
            await Reader(session).until(ResponseFinished)
            clock.advance(4_000)
    # 24,000 bytes are 3 s of telephone sound.
    assert 48 * (3_000 - 1) <= len(speaker.heard_pcm()) <= 48 * (3_000 + 1)


async def test_a_barge_in_over_the_wire_cuts_at_what_the_speaker_let_sound() -> None:
    clock = MovedClock()
    speaker = RecordingSpeaker(clock)
    interrupted = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.send(events.response_created("r1"), events.words("r1", "i1", "A long story"))
        await peer.send(events.audio_delta("r1", "i1", 2_000))
        await asyncio.wait_for(interrupted.wait(), 5)
        await peer.send(events.speech_started())
        await peer.expect(
            "conversation.item.truncate", item_id="i1", content_index=0, audio_end_ms=730
        )
        await peer.send(events.audio_delta("r1", "i1", 2_000))
        await peer.send(events.response_done("r1", "cancelled"))

    async with ScriptedEndpoint(script) as endpoint:
        async with Session(endpoint=resolve(endpoint.url), speaker=speaker) as session:
            reader = Reader(session)
            while (await reader.until(PhaseChanged)).phase is not Phase.SPEAKING:
                pass
            clock.advance(730)
            interrupted.set()
            assert (await reader.until(Interrupted)).heard_ms == 730
            await reader.until(ResponseFinished)
            clock.advance(5_000)
    assert len(speaker.heard_pcm()) == 730 * 48
    assert speaker.flushes == 1


async def test_a_speaker_that_cannot_be_opened_fails_the_session_before_it_dials() -> None:
    class Broken(RecordingSpeaker):
        def start(self, on_drained: Callable[[], None]) -> None:
            raise DeviceError("no speaker: plug one in")

    microphone, speaker = ScriptedMicrophone(), Broken(MovedClock())
    async with ScriptedEndpoint() as endpoint:
        with pytest.raises(DeviceError, match="plug one in"):
            await Session(
                endpoint=resolve(endpoint.url), microphone=microphone, speaker=speaker
            ).__aenter__()
    assert endpoint.requests == []
    assert microphone.is_closed
    assert speaker.is_closed


async def test_a_microphone_that_is_lost_leaves_the_session_alive() -> None:
    class Lost(ScriptedMicrophone):
        async def frames(self):  # type: ignore[no-untyped-def,override]
            yield bytes(960)
            raise DeviceError("the microphone was unplugged")

    async with ScriptedEndpoint(Peer.greet) as endpoint:  # type: ignore[arg-type]
        async with Session(endpoint=resolve(endpoint.url), microphone=Lost()) as session:
            warning = await Reader(session).until(WarningIssued)
            assert warning.code == "microphone_lost"
            assert session.phase is Phase.LISTENING


async def test_a_manual_turn_is_pressed_spoken_and_answered() -> None:
    microphone = ScriptedMicrophone()
    spoken = asyncio.Event()

    async def script(peer: Peer) -> None:
        update = await peer.greet()
        assert isinstance(update, SessionUpdate)
        assert update.session.to_wire()["audio"]["input"]["turn_detection"] is None
        await peer.hear(400 * 48)
        spoken.set()
        await peer.expect("input_audio_buffer.commit")
        await peer.expect("response.create")
        await peer.send(events.committed("u1"), events.item_added(events.user_item("u1")))
        await peer.send(events.response_created("r1"), events.transcribed("u1", "Hello"))
        await peer.send(events.response_done("r1"))

    async with ScriptedEndpoint(script) as endpoint:
        async with Session(
            endpoint=resolve(endpoint.url), microphone=microphone, push_to_talk=True
        ) as session:
            session.press(Button.TALK_DOWN)
            microphone.push_silence(400)
            await asyncio.wait_for(spoken.wait(), 5)
            session.press(Button.TALK_UP)
            assert (await Reader(session).until(UserTranscript)).text == "Hello"


async def test_a_file_as_a_turn_is_committed_by_whoever_leads() -> None:
    microphone = ScriptedMicrophone()
    spoken, asked = asyncio.Event(), asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.hear(200 * 48)
        spoken.set()
        await peer.expect("input_audio_buffer.commit")
        await peer.expect("response.create")
        asked.set()

    async with ScriptedEndpoint(script) as endpoint:
        async with Session(
            endpoint=resolve(endpoint.url), config=MANUAL, microphone=microphone
        ) as session:
            microphone.push_silence(200)
            await asyncio.wait_for(spoken.wait(), 5)
            session.commit_turn()
            await asyncio.wait_for(asked.wait(), 5)
