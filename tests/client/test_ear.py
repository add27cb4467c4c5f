"""The ear: our own voice is never the user, the user is heard over it, and a "mm-hm" is not sent.

Real echo canceller, detector, recogniser and voices, in simulated rooms whose time is the sound's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from audio_fixtures import path
from voice.audio.echo import EchoCanceller
from voice.audio.files import read_audio
from voice.audio.pcm import Pcm, from_bytes, resample, rms_dbfs
from voice.audio.ports import BLOCK_MS
from voice.client.ear import BEFORE_ONSET_MS, UNCANCELLED_MS, Ear, EarState
from voice.client.gate import SilenceGate
from voice.core.client_inputs import NearKind, NearSpeech, NearVerdict
from voice.core.updates import (
    AssistantTranscript,
    PlaybackPaused,
    PlaybackResumed,
    SessionReady,
    UserSpeechStarted,
    UserSpeechStopped,
)
from voice.engines.ports import Transcript
from voice.engines.stt import MoonshineStt
from voice.engines.tts import HibariTts
from voice.engines.vad import SileroVad
from voice.protocol.dialects import Dialect
from voice.protocol.session_config import AudioConfig, AudioInputConfig, ServerVad, SessionConfig
from voice.testing.room import Room, RoomCard

SAID = (
    "Sure. The weather in London today is mostly cloudy, with a high of eighteen degrees. "
    "Tomorrow it will rain in the morning and clear up in the afternoon."
)
BEGIN_MS = 200
ONSET_MS = 3_500


@pytest.fixture(scope="module")
def vad() -> Iterator[SileroVad]:
    found = SileroVad()
    yield found
    found.close()


@pytest.fixture(scope="module")
def stt() -> Iterator[MoonshineStt]:
    found = MoonshineStt(workers=1)
    yield found
    found.close()


@dataclass
class Voices:
    """What is said in these rooms, at speaking level."""

    answer: Pcm
    mm_hm: Pcm
    question: Pcm


@pytest.fixture(scope="module")
def voices() -> Voices:
    tts = HibariTts(seed=3)

    async def speak(text: str) -> Pcm:
        chunks = [chunk.pcm async for chunk in tts.speak(text)]
        return resample(np.concatenate(chunks), tts.rate_hz, 24_000)

    question = read_audio(path("what_time_in_tokyo"))[250 * 24 : 1_500 * 24]
    answer, mm_hm = asyncio.run(speak(SAID)), asyncio.run(speak("Mm-hm."))
    tts.close()
    return Voices(answer * 2, mm_hm, question * 2)


@dataclass
class Played:
    """What came of one scene."""

    card: RoomCard
    ear: Ear
    events: list[tuple[int, NearSpeech | NearVerdict]] = field(default_factory=list)
    sent: list[tuple[int, Pcm]] = field(default_factory=list)

    @property
    def kinds(self) -> list[NearKind]:
        return [event.kind for _, event in self.events if isinstance(event, NearVerdict)]

    @property
    def sound(self) -> Pcm:
        return np.concatenate([pcm for _, pcm in self.sent])


@dataclass
class Scene:
    """A room, the answer that sounds in it, and the ear that listens."""

    vad: SileroVad
    stt: MoonshineStt
    answer: Pcm
    echo_db: float = -10.0
    delay_ms: float = 80.0
    length_ms: int = 11_000
    updates: dict[int, object] = field(default_factory=dict)
    """Updates of the session, by their time."""
    gate: SilenceGate | None = None

    async def play(self, person: Pcm | None = None, **options: object) -> Played:
        card = RoomCard(
            Room(self.delay_ms, self.echo_db, seed=5, distortion=0.1), length_ms=self.length_ms
        )
        card.answers(self.answer, at_ms=BEGIN_MS)
        if person is not None:
            card.says(person, at_ms=ONSET_MS)

        def sense(event: NearSpeech | NearVerdict) -> None:
            played.events.append((card.now_ms, event))
            if isinstance(event, NearSpeech):
                card.pause()
                ear.take(PlaybackPaused(event.cause))
            elif event.kind is NearKind.INTERRUPTION:
                card.stop()
            else:
                card.resume()
                ear.take(PlaybackResumed(event.kind.value, event.words, event.cause))

        async def recognise(pcm: Pcm) -> Transcript:
            return await card.takes(self.stt.transcribe(pcm), 40)

        given = {"canceller": EchoCanceller(), "recognise": recognise, **options}
        ear = Ear(card, detector=self.vad.open(), sense=sense, **given)
        ear.take(AssistantTranscript("r1", "i1", SAID, False))
        if self.gate is not None:
            ear.keep_silence(self.gate)
        played = Played(card, ear)
        async for frame in ear.frames():
            played.sent.append((card.now_ms, from_bytes(frame)))
            for at_ms in [at for at in self.updates if at <= card.now_ms]:
                ear.take(self.updates.pop(at_ms))
        return played


def unlikeness_db(sound: Pcm, word: Pcm) -> float:
    """Return how loud the rest is where ``word`` is taken out of ``sound``, against the word."""
    wanted, heard = word.astype(np.float64), sound.astype(np.float64)
    place = int(np.correlate(heard, wanted, "valid").argmax())
    left = heard[place : place + wanted.size] - wanted
    return float(10 * np.log10(np.mean(left**2) / np.mean(wanted**2)))


@pytest.fixture
def scene(vad: SileroVad, stt: MoonshineStt, voices: Voices) -> Scene:
    return Scene(vad, stt, voices.answer)


@pytest.mark.parametrize("echo_db", [-6, -12, -20])
async def test_our_own_voice_interrupts_nothing_and_is_never_sent(
    scene: Scene, echo_db: int
) -> None:
    scene.echo_db = echo_db
    played = await scene.play()
    assert NearKind.INTERRUPTION not in played.kinds
    assert not played.card.is_sounding
    assert rms_dbfs(played.sound) < -60


async def test_a_question_over_our_voice_stops_it_and_is_sent_whole(
    scene: Scene, voices: Voices, stt: MoonshineStt
) -> None:
    played = await scene.play(voices.question)
    (paused_ms, paused), (decided_ms, verdict) = played.events
    assert 0 < paused_ms - ONSET_MS <= 200
    assert "dB above the echo" in paused.cause
    assert verdict.kind is NearKind.INTERRUPTION
    assert decided_ms - paused_ms <= 900
    # What is left of our voice stays unsaid, and what follows the burst goes out as it comes.
    assert played.card.played_samples < scene.answer.size * 0.6
    late = [pcm for at_ms, pcm in played.sent if ONSET_MS - 400 < at_ms < ONSET_MS + 3_000]
    heard = await stt.transcribe(resample(np.concatenate(late), 24_000, 16_000))
    assert "tokyo" in heard.text.lower()


async def test_words_over_our_voice_are_sent_as_the_microphone_hears_them(
    scene: Scene, voices: Voices
) -> None:
    played = await scene.play(voices.question)
    paused_ms = played.events[0][0]
    # The canceller would have weakened this; our voice and its echo have faded here.
    begin = (paused_ms - ONSET_MS + 200) * 24
    word = voices.question[begin : begin + 150 * 24]
    assert unlikeness_db(played.sound, word) < -15


async def test_a_burst_is_uncancelled_from_a_little_before_the_pause(
    scene: Scene, voices: Voices
) -> None:
    class Noting(EchoCanceller):
        """A canceller that keeps what the microphone heard."""

        def process(self, near: Pcm, far: Pcm) -> Pcm:
            nears.append(near)
            return super().process(near, far)

    nears: list[Pcm] = []
    played = await scene.play(voices.question, canceller=Noting())
    (paused_ms, _), (decided_ms, _) = played.events
    burst = [pcm for at_ms, pcm in played.sent if at_ms == decided_ms]
    onset, paused = BEFORE_ONSET_MS // BLOCK_MS, paused_ms // BLOCK_MS - 1
    whole = [np.array_equal(burst[onset - age], nears[paused - age]) for age in range(onset)]
    assert whole == [age < UNCANCELLED_MS // BLOCK_MS for age in range(onset)]


async def test_words_over_our_voice_are_read_as_the_microphone_hears_them(
    scene: Scene, voices: Voices
) -> None:
    read: list[Pcm] = []

    async def recognise(pcm: Pcm) -> Transcript:
        read.append(pcm)
        return Transcript("")

    played = await scene.play(voices.question, recognise=recognise)
    paused_ms = played.events[0][0]
    begin = (paused_ms - ONSET_MS + 200) * 24
    word = voices.question[begin : begin + 150 * 24]
    heard = next(pcm for pcm in read if pcm.size > 900 * 16)
    assert unlikeness_db(heard, resample(word, 24_000, 16_000)) < -15


async def test_a_burst_is_as_long_as_what_was_held_and_a_little_before(
    scene: Scene, voices: Voices
) -> None:
    played = await scene.play(voices.question)
    assert played.sound.size // 24 == scene.length_ms + BEFORE_ONSET_MS


async def test_mm_hm_pauses_our_voice_and_no_word_of_it_is_lost(
    scene: Scene, voices: Voices
) -> None:
    played = await scene.play(voices.mm_hm)
    assert played.events
    assert NearKind.INTERRUPTION not in played.kinds
    assert played.card.played_samples == scene.answer.size
    assert rms_dbfs(played.sound) < -60
    assert played.sound.size // 24 == scene.length_ms


async def test_without_a_recogniser_long_speech_interrupts_and_short_does_not(
    scene: Scene, voices: Voices
) -> None:
    long = await scene.play(voices.question, recognise=None)
    short = await scene.play(voices.mm_hm[: 350 * 24], recognise=None)
    assert NearKind.INTERRUPTION in long.kinds
    assert NearKind.INTERRUPTION not in short.kinds


async def test_at_once_needs_no_judgement(scene: Scene, voices: Voices) -> None:
    played = await scene.play(voices.question, barge_in="at_once")
    (paused_ms, _), (decided_ms, verdict) = played.events
    assert verdict.kind is NearKind.INTERRUPTION
    assert decided_ms == paused_ms


async def test_barge_in_that_is_off_hears_nothing_over_our_voice(
    scene: Scene, voices: Voices
) -> None:
    played = await scene.play(voices.question, barge_in="off")
    assert played.events == []
    assert played.card.played_samples == scene.answer.size
    assert rms_dbfs(played.sound) < -60


async def test_half_duplex_hears_nothing_while_we_speak_and_all_after(
    scene: Scene, voices: Voices
) -> None:
    scene.answer = scene.answer[: 2_000 * 24]
    played = await scene.play(voices.question, mode="half duplex", canceller=None)
    assert played.events == []
    during = np.concatenate([pcm for at_ms, pcm in played.sent if 300 < at_ms < 2_300])
    after = np.concatenate([pcm for at_ms, pcm in played.sent if at_ms > ONSET_MS])
    assert not during.any()
    assert rms_dbfs(after[: 1_200 * 24]) > -40


async def test_a_user_who_already_speaks_when_we_begin_is_heard_on(
    scene: Scene, voices: Voices
) -> None:
    scene.updates = {100: UserSpeechStarted("u1"), 6_000: UserSpeechStopped()}
    played = await scene.play(voices.question)
    assert played.events == []
    during = np.concatenate(
        [pcm for at_ms, pcm in played.sent if ONSET_MS < at_ms < ONSET_MS + 1_200]
    )
    assert rms_dbfs(during) > -40


async def test_a_button_opens_the_ear_at_once(scene: Scene, voices: Voices) -> None:
    scene.updates = {1_000: UserSpeechStarted("u1")}
    played = await scene.play()
    assert played.ear.state in (EarState.THROUGH, EarState.QUIET)
    before = np.concatenate([pcm for at_ms, pcm in played.sent if 300 < at_ms < 1_000])
    after = np.concatenate([pcm for at_ms, pcm in played.sent if at_ms > 1_010])
    assert not before.any()
    assert after.any()


async def test_an_echo_that_cannot_be_cancelled_makes_the_ear_half_duplex(scene: Scene) -> None:
    class Useless(EchoCanceller):
        """A canceller that is given another sound than the one that is played."""

        def process(self, near: Pcm, far: Pcm) -> Pcm:
            other = np.random.default_rng(1).normal(0, 3_000, far.size) * far.any()
            return super().process(near, other.astype(np.int16))

    notices: list[str] = []
    scene.echo_db = 0.0
    played = await scene.play(canceller=Useless(), barge_in="off", on_notice=notices.append)
    assert played.ear.mode == "half duplex"
    assert len(notices) == 1
    assert "half duplex" in notices[0]


async def test_silence_stays_here_where_the_gate_says_so(scene: Scene, voices: Voices) -> None:
    scene.answer = scene.answer[:0]
    scene.gate = SilenceGate()
    heard = AudioInputConfig(turn_detection=ServerVad())
    scene.gate.take(SessionReady(SessionConfig(audio=AudioConfig(input=heard)), Dialect.GA))
    played = await scene.play(voices.question)
    # Half a second before it, the question, and the silence that ends a turn.
    assert 2_500 < played.sound.size // 24 < 4_500
    assert rms_dbfs(played.sound) > -40


async def test_closing_closes_the_microphone_and_says_so(scene: Scene) -> None:
    closed: list[str] = []
    card = RoomCard(Room(), length_ms=1_000)
    ear = Ear(
        card,
        canceller=None,
        detector=scene.vad.open(),
        sense=lambda event: None,
        on_close=lambda: closed.append("closed"),
    )
    await ear.close()
    assert [frame async for frame in ear.frames()] == []
    assert closed == ["closed"]
