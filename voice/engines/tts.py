"""Text to speech: hibari, offline, English, with the time at which each word has sounded."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from functools import partial

import numpy as np

from voice.engines.hibari_net import RATE_HZ, HibariNet, Synthesis, local_voices
from voice.engines.ports import EngineQueue, Pcm, SpeechChunk, SpokenWord
from voice.engines.speech_pieces import Piece, PieceEnd, pieces_of
from voice.engines.threads import EngineThreads
from voice.errors import EngineError

SLOWEST = 0.5
FASTEST = 2.0

_PAUSES_MS: dict[PieceEnd, int] = {"sentence": 240, "clause": 80, "joint": 0}
_FADE_SAMPLES = RATE_HZ * 4 // 1000


class HibariTts:
    """The synthesiser that implements ``ports.Tts``; loaded once, shared by all sessions."""

    name = "hibari"
    rate_hz: int = RATE_HZ

    def __init__(self, *, seed: int | None = None, workers: int = 2) -> None:
        """Load the voice inside the package and speak one sentence unheard (0.7 s of CPU in all).

        Voices that were downloaded before are offered too; none is ever downloaded here. ``seed``
        makes equal text sound bit for bit equal. Raises EngineError when the package is missing.
        """
        self._seed = seed
        self._models = local_voices()
        self.voices: tuple[str, ...] = tuple(self._models)
        self._loading = threading.Lock()
        self._nets: dict[str, HibariNet] = {}
        self._threads = EngineThreads("speech synthesis", workers=workers, max_waiting=256)
        # "Hwyllgrith" is in no lexicon, so the network for unknown words is warmed as well.
        self._net(self.voices[0]).synthesise("It is 3:45 in Hwyllgrith.".split(), 1.0, seed)

    @property
    def queue(self) -> EngineQueue:
        """The line in front of the synthesiser."""
        return self._threads

    async def speak(
        self, text: str, *, voice: str | None = None, speed: float = 1.0
    ) -> AsyncIterator[SpeechChunk]:
        """Synthesise plain text, one chunk a sentence (a long first sentence comes in clauses).

        Every word of ``text.split()`` is reported once, in order; words without a sound end
        with the word before. Nothing comes for text without any sound. ``speed`` is held within
        0.5 and 2.0; an unknown voice is the default one. Closing the iterator stops after the
        piece that is being made. Raises EngineError when too many pieces wait.
        """
        name = voice if voice in self._models else self.voices[0]
        pace = min(max(speed, SLOWEST), FASTEST)
        said_samples = 0
        unsaid: list[str] = []
        for piece in pieces_of(text):
            made = await self._threads.run(partial(self._synthesise, name, piece, pace))
            if made.samples.size == 0:
                unsaid += piece.words
                continue
            words = [SpokenWord(word, _ms(said_samples)) for word in unsaid]
            for word, end in zip(piece.words, made.word_ends, strict=True):
                words.append(SpokenWord(word, _ms(said_samples + end)))
            pcm = _finished(made, int(_PAUSES_MS[piece.end] / pace) * RATE_HZ // 1000)
            said_samples += pcm.size
            unsaid = []
            yield SpeechChunk(pcm, tuple(words))
        if unsaid and said_samples:
            rest = tuple(SpokenWord(word, _ms(said_samples)) for word in unsaid)
            yield SpeechChunk(np.zeros(0, np.int16), rest)

    def close(self) -> None:
        """End the threads. Idempotent."""
        self._threads.close()

    def _net(self, voice: str) -> HibariNet:
        """Return a voice, loaded on its first use; runs in an engine thread."""
        with self._loading:
            if voice not in self._nets:
                self._nets[voice] = HibariNet(voice, self._models[voice])
            return self._nets[voice]

    def _synthesise(self, voice: str, piece: Piece, speed: float) -> Synthesis:
        net = self._net(voice)
        try:
            return net.synthesise(piece.words, speed, self._seed)
        except Exception as error:  # hibari and onnxruntime raise many kinds of their own
            raise EngineError(
                f"speech synthesis failed on {len(piece.words)} words with {type(error).__name__}"
            ) from error


def _ms(samples: int) -> int:
    """Round up to whole milliseconds: a word is rather reported late than early."""
    return -(-samples * 1000 // RATE_HZ)


def _finished(made: Synthesis, pause_samples: int) -> Pcm:
    """Return int16 samples with soft edges and the pause that belongs behind the piece."""
    samples = made.samples.copy()
    ramp = np.linspace(0.0, 1.0, _FADE_SAMPLES, dtype=np.float32)[: samples.size]
    samples[: ramp.size] *= ramp
    samples[samples.size - ramp.size :] *= ramp[::-1]
    pcm = np.zeros(samples.size + pause_samples, np.int16)
    pcm[: samples.size] = np.clip(samples * 32767.0, -32768.0, 32767.0)
    return pcm
