"""The silence gate: nothing of speech is lost, every silence that ends a turn is heard."""

import time
from collections.abc import AsyncIterator

import numpy as np
import pytest

from audio_fixtures import path
from voice.audio.files import read_audio
from voice.client import gate as g
from voice.client.gate import GatedMicrophone, SilenceGate
from voice.core.updates import (
    ConnectionLost,
    SessionReady,
    UserSpeechStarted,
    UserSpeechStopped,
)
from voice.engines.vad import SileroVad
from voice.protocol.dialects import Dialect
from voice.protocol.session_config import (
    AudioConfig,
    AudioInputConfig,
    SemanticVad,
    ServerVad,
    SessionConfig,
)

FRAME_MS = 20


def ready(turn_detection: object = None, **rules: object) -> SessionReady:
    found = turn_detection or ServerVad(**rules)
    heard = AudioInputConfig(turn_detection=None if found == "none" else found)
    return SessionReady(SessionConfig(audio=AudioConfig(input=heard)), Dialect.GA)


def opened(**options: int) -> SilenceGate:
    gate = SilenceGate(**options)
    gate.take(ready())
    return gate


def frame(number: int) -> bytes:
    return number.to_bytes(4, "little") * (FRAME_MS * 12)


def hear(gate: SilenceGate, ms: int, speech: float, first: int = 0) -> list[bytes]:
    sent = []
    for number in range(ms // FRAME_MS):
        sent += gate.hear(frame(first + number), speech)
    return sent


def ms_of(sent: list[bytes]) -> int:
    return len(sent) * FRAME_MS


def test_silence_stays_here() -> None:
    gate = opened()
    assert hear(gate, 10_000, 0.0) == []
    assert (gate.heard_ms, gate.sent_ms) == (10_000, 0)


def test_the_half_second_before_speech_goes_first_and_in_order() -> None:
    gate = opened()
    hear(gate, 5_000, 0.0)
    sent = gate.hear(frame(250), 0.9)
    assert ms_of(sent) == g.PRE_ROLL_MS + FRAME_MS
    assert sent == [frame(number) for number in range(225, 251)]


def test_the_silence_after_speech_is_sent_until_any_endpoint_has_ended_the_turn() -> None:
    gate = opened()
    hear(gate, 1_000, 0.9)
    assert ms_of(hear(gate, 20_000, 0.0)) == g.LEAST_SILENCE_MS - FRAME_MS


def test_a_long_silence_that_ends_turns_is_outlasted() -> None:
    gate = SilenceGate()
    gate.take(ready(silence_duration_ms=3_000))
    hear(gate, 1_000, 0.9)
    assert ms_of(hear(gate, 20_000, 0.0)) == 3_000 + g.MARGIN_MS - FRAME_MS


@pytest.mark.parametrize("when_ms", [200, 4_000])
def test_silence_is_sent_while_the_endpoint_says_that_the_user_speaks(when_ms: int) -> None:
    gate = SilenceGate()
    gate.take(ready(SemanticVad(eagerness="low")))
    hear(gate, 1_000, 0.9)
    hear(gate, when_ms, 0.0)
    gate.take(UserSpeechStarted("u1"))
    assert ms_of(hear(gate, 8_000, 0.0)) >= 8_000
    gate.take(UserSpeechStopped())
    assert ms_of(hear(gate, 5_000, 0.0)) == 0


def test_a_turn_that_is_never_ended_does_not_hold_the_gate() -> None:
    gate = opened()
    gate.take(UserSpeechStarted("u1"))
    assert ms_of(hear(gate, 60_000, 0.0)) <= g.LONGEST_TURN_MS
    assert hear(gate, 1_000, 0.0) == []


def test_a_lost_connection_ends_the_turn_that_was_heard_on_it() -> None:
    gate = opened()
    gate.take(UserSpeechStarted("u1"))
    gate.take(ConnectionLost("gone", 0, 1))
    assert hear(gate, 1_000, 0.0) == []


def test_what_was_kept_is_never_sent_twice() -> None:
    gate = opened()
    sent = hear(gate, 2_000, 0.0) + hear(gate, 400, 0.9, first=100)
    sent += hear(gate, 3_000, 0.0, first=120) + hear(gate, 400, 0.9, first=270)
    assert len(sent) == len(set(sent))
    assert sent == sorted(sent, key=lambda part: int.from_bytes(part[:4], "little"))


def test_an_idle_endpoint_gets_a_sign_of_life() -> None:
    gate = opened(keep_alive_ms=1_000)
    sent = hear(gate, 11_000, 0.0)
    assert 900 <= ms_of(sent) <= 1_200
    assert len(sent) == len(set(sent))


@pytest.mark.parametrize(
    "session", [ready("none"), ready(idle_timeout_ms=5_000)], ids=["push to talk", "idle timeout"]
)
def test_everything_is_sent_where_silence_means_something(session: SessionReady) -> None:
    gate = SilenceGate()
    assert ms_of(hear(gate, 1_000, 0.0)) == 1_000
    gate.take(session)
    assert ms_of(hear(gate, 10_000, 0.0)) == 10_000


class Source:
    """A microphone that gives an array at once."""

    def __init__(self, pcm: np.ndarray) -> None:
        self._pcm, self.is_closed = pcm, False

    async def frames(self) -> AsyncIterator[bytes]:
        for start in range(0, self._pcm.size - 479, 480):
            yield self._pcm[start : start + 480].tobytes()

    async def close(self) -> None:
        self.is_closed = True


async def test_ten_minutes_with_a_fifth_of_speech_cost_a_third_and_lose_no_speech() -> None:
    clip = read_audio(path("add_milk"))
    turns = round(120 * 24_000 / clip.size)
    recording = np.random.default_rng(7).normal(0, 20, 600 * 24_000).astype(np.int16)
    for number in range(turns):
        start = int((number + 0.5) * recording.size / turns)
        recording[start : start + clip.size] += clip
    gate, vad = opened(), SileroVad()
    microphone = GatedMicrophone(Source(recording), vad.open(), gate)
    begun_s = time.process_time()
    sent = np.frombuffer(b"".join([part async for part in microphone.frames()]), np.int16)
    cpu_ms = (time.process_time() - begun_s) * 1_000 / (600_000 / FRAME_MS)
    vad.close()

    # 36 % and 0.05 ms on two cores of an AMD EPYC; two seconds of silence go with each turn.
    assert gate.sent_ms / gate.heard_ms < 0.4
    assert cpu_ms < 1.0
    assert loud_samples(sent) == loud_samples(recording)


async def test_closing_closes_the_microphone() -> None:
    source = Source(np.zeros(480, np.int16))
    await GatedMicrophone(source, SileroVad().open(), opened()).close()
    assert source.is_closed


def loud_samples(pcm: np.ndarray) -> int:
    return int((np.abs(pcm.astype(np.int32)) > 800).sum())
