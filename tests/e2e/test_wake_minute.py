"""A minute in a room: what leaves the machine, decided by the real detector and wake words."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

import audio_fixtures
from audio_fixtures.noise import office
from voice.audio.files import read_audio
from voice.audio.pcm import resample
from voice.client.attention import Attention, State
from voice.core.updates import Phase, PhaseChanged, UserSpeechStarted, UserSpeechStopped
from voice.engines.tts import HibariTts
from voice.engines.vad import SileroVad
from voice.engines.wake_word import WakeWords

RATE_HZ = 16_000
BLOCK_MS = 10
BLOCK = RATE_HZ * BLOCK_MS // 1_000
SPEECH_AT = 0.5
TURN_SILENCE_MS = 500
ANSWER_MS = 3_000
FOLLOW_UP_MS = 8_000


def clip(name):
    return resample(read_audio(audio_fixtures.path(name)), 24_000, RATE_HZ)


def quiet(ms):
    return np.zeros(RATE_HZ * ms // 1_000, dtype=np.int16)


@dataclass
class Room:
    """Lets an attention hear sound, and an endpoint that it is sent to answer each turn."""

    attention: Attention
    words: WakeWords
    vad: SileroVad
    now_ms: int = 0
    sent_ms: int = 0
    states: list[tuple[int, State]] = field(default_factory=list)
    answers_until_ms: int = 0
    turn_ends_ms: int = 0

    def __post_init__(self):
        self.stream = self.vad.open()
        self.is_turn = False
        self.speech = 0.0

    async def hear(self, pcm):
        """Return how many milliseconds of the sound left the machine."""
        before_ms = self.sent_ms
        for at in range(0, len(pcm) - BLOCK + 1, BLOCK):
            await self._block(pcm[at : at + BLOCK])
        return self.sent_ms - before_ms

    async def _block(self, block):
        self.now_ms += BLOCK_MS
        for score in await self.stream.score(block):
            self.speech = score
        is_speech = self.speech >= SPEECH_AT
        word = self.words.hear(block)
        if word:
            self.attention.heard_wake_word(word, self.now_ms)
        if is_speech:
            self.attention.heard_speech(self.now_ms)
        is_sent = self.attention.may_send(self.now_ms)
        self.sent_ms += BLOCK_MS * is_sent
        self._answer(is_speech and is_sent)
        state = self.attention.state(self.now_ms)
        if not self.states or self.states[-1][1] is not state:
            self.states.append((self.now_ms, state))

    def _answer(self, is_heard):
        """Be the endpoint: a turn ends after half a second, and is answered for three."""
        if is_heard:
            self.turn_ends_ms = self.now_ms + TURN_SILENCE_MS
            if not self.is_turn:
                self._tell(UserSpeechStarted())
            self.is_turn = True
        elif self.is_turn and self.now_ms >= self.turn_ends_ms:
            self.is_turn = False
            self.answers_until_ms = self.now_ms + ANSWER_MS
            self._tell(UserSpeechStopped())
            self._tell(PhaseChanged(Phase.SPEAKING))
        elif self.answers_until_ms and self.now_ms >= self.answers_until_ms:
            self.answers_until_ms = 0
            self._tell(PhaseChanged(Phase.LISTENING))

    def _tell(self, update):
        self.attention.take(update, self.now_ms)


@pytest.fixture
def room():
    vad = SileroVad()
    attention = Attention(has_wake_word=True, follow_up_ms=FOLLOW_UP_MS, idle_ms=120_000)
    attention.take(PhaseChanged(Phase.LISTENING), 0)
    with WakeWords(["hey_jarvis"]) as words:
        yield Room(attention, words, vad)
    vad.close()


async def test_nothing_leaves_before_the_word_and_a_window_follows_each_answer(room):
    tts = HibariTts(seed=1)
    try:
        chunks = [chunk.pcm async for chunk in tts.speak("Hey Jarvis.")]
        word = resample(np.concatenate(chunks), tts.rate_hz, RATE_HZ)
    finally:
        tts.close()

    # given noise and talk without the word
    noise = (office(10 * RATE_HZ, RATE_HZ, seed=1) * 500).astype(np.int16)
    assert await room.hear(noise) == 0
    assert await room.hear(np.concatenate([clip("austen_1"), quiet(500), clip("weather")])) == 0
    # when the word is said, and a question after it
    await room.hear(np.concatenate([quiet(300), word]))
    question = clip("what_time_in_tokyo")
    sent_ms = await room.hear(np.concatenate([quiet(200), question, quiet(ANSWER_MS + 1_000)]))
    # then all of the question is sent, and what is said in the window without the word
    assert sent_ms >= 200 + len(question) * 1_000 // RATE_HZ
    again = clip("tell_me_a_joke")
    await room.hear(quiet(5_000))
    assert await room.hear(again) == len(again) // BLOCK * BLOCK_MS
    # and eight seconds after the answer it sleeps again, and talk is nobody's business
    await room.hear(quiet(TURN_SILENCE_MS + ANSWER_MS + FOLLOW_UP_MS + 1_000))
    assert await room.hear(clip("austen_2")) == 0
    assert [state for _, state in room.states] == [State.ASLEEP, State.AWAKE, State.ASLEEP]
    assert room.now_ms > 45_000
