"""Speech to text: Moonshine tiny-en, offline, English."""

from __future__ import annotations

import math
import re
from functools import partial

import numpy as np
from numpy.typing import NDArray

from voice.engines.moonshine_net import Decoded, MoonshineNet, Tokenizer, model_folder
from voice.engines.ports import EAR_RATE_HZ, EngineQueue, Pcm, Transcript
from voice.engines.threads import EngineThreads
from voice.errors import EngineError

LONGEST_STRETCH_SAMPLES = 20 * EAR_RATE_HZ
"""Audio decoded in one piece; the cost of a piece grows with its square (58 ms of encoding for
10 s, 320 ms for 25 s)."""

LONGEST_AUDIO_SAMPLES = 600 * EAR_RATE_HZ
"""What is left unheard after this (10 minutes): a stuck microphone, not a turn."""

LEAST_CONFIDENCE = 0.38
"""Below this nothing was understood: of 265 clips under office noise (none to -5 dB) 20 fell below
it, and each of them had two words in three wrong or more."""

_NOISE_WORDS = frozenset({"you"})
"""What the network writes for knocks, hum, hiss and typing, sure of itself; never a turn alone."""

_CUT_WINDOW_SAMPLES = EAR_RATE_HZ // 10
_SILENT_PEAK = 16
_OLD_SPELLING = re.compile(r"\b(to)-(day|night|morrow)\b|\b(per) (cent)\b", re.IGNORECASE)


class MoonshineStt:
    """The recogniser that implements ``ports.Stt``; loaded once, shared by all sessions."""

    name = "moonshine-tiny-en"
    languages: tuple[str, ...] = ("en",)

    def __init__(self, *, workers: int = 2) -> None:
        """Load the weights (44 MB, half a second) for ``workers`` turns at once.

        Raises EngineError when ``moonshine-voice==0.1.0`` or onnxruntime is missing.
        """
        folder = model_folder()
        self._tokenizer = Tokenizer(folder / "tokenizer.bin")
        self._net = MoonshineNet(folder)
        self._threads = EngineThreads("speech recogniser", workers=workers, max_waiting=256)

    @property
    def queue(self) -> EngineQueue:
        """The line in front of the recogniser."""
        return self._threads

    async def transcribe(self, pcm: Pcm, *, language: str | None = None) -> Transcript:
        """Transcribe one turn (int16, 16 kHz); the text is empty where no words were understood.

        ``confidence`` is the geometric mean of the token probabilities, in [0, 1]. Audio over 20 s
        is cut where it is quietest, over 10 minutes its rest is left unheard. Cancelling leaves
        the engine usable. Raises EngineError for a language other than English, when too many
        turns wait, and when the network fails.
        """
        if language and language.split("-")[0].lower() not in ("en", "english"):
            raise EngineError(
                f"the built-in recogniser knows English only, not {language!r}; leave the language "
                "out, or connect a recogniser that knows it"
            )
        decoded: list[Decoded] = []
        for start, end in stretches(pcm[:LONGEST_AUDIO_SAMPLES]):
            stretch = pcm[start:end]
            if stretch.size == 0 or int(np.abs(stretch, dtype=np.int32).max()) < _SILENT_PEAK:
                continue
            decoded.append(await self._threads.run(partial(self._decode, stretch)))
        return self._transcript(decoded)

    @property
    def is_idle(self) -> bool:
        """Whether a turn would be transcribed at once, with every thread for itself."""
        state = self._threads.state()
        return not (state.waiting or state.running)

    async def warm(self) -> None:
        """Run once on a second of faint noise, so that the first real turn is not the slow one."""
        noise = np.random.default_rng(0).integers(-200, 200, EAR_RATE_HZ).astype(np.int16)
        await self.transcribe(noise)

    def close(self) -> None:
        """End the threads. Idempotent."""
        self._threads.close()

    def _decode(self, pcm: Pcm) -> Decoded:
        samples: NDArray[np.float32] = pcm.astype(np.float32) / np.float32(32768.0)
        try:
            return self._net.decode(samples)
        except Exception as error:  # onnxruntime raises types of its own, all plain Exceptions
            raise EngineError(
                f"the speech recogniser failed on {pcm.size / EAR_RATE_HZ:.1f} s of audio: {error}"
            ) from error

    def _transcript(self, decoded: list[Decoded]) -> Transcript:
        texts = [self._tokenizer.text(part.ids) for part in decoded]
        text = _todays_spelling(" ".join(text for text in texts if text))
        letters = "".join(character for character in text if character.isalnum()).lower()
        if not letters or letters in _NOISE_WORDS:
            return Transcript("")
        tokens = sum(len(part.ids) + 1 for part in decoded)
        total = sum(part.mean_log_probability * (len(part.ids) + 1) for part in decoded)
        confidence = math.exp(total / tokens)
        if confidence < LEAST_CONFIDENCE:
            return Transcript("", confidence)
        return Transcript(text, confidence)


def _todays_spelling(text: str) -> str:
    """Return ``text`` without the spellings of old books that the recogniser has learnt."""
    return _OLD_SPELLING.sub(lambda found: (found[1] or found[3]) + (found[2] or found[4]), text)


def stretches(pcm: Pcm) -> list[tuple[int, int]]:
    """Return (start, end) samples of pieces of at most 20 s that cover ``pcm``.

    A piece ends in the quietest tenth of a second of its second half.
    """
    pieces: list[tuple[int, int]] = []
    start = 0
    while pcm.size - start > LONGEST_STRETCH_SAMPLES:
        first = start + LONGEST_STRETCH_SAMPLES // 2
        search = pcm[first : start + LONGEST_STRETCH_SAMPLES].astype(np.float32)
        windows = search.reshape(-1, _CUT_WINDOW_SAMPLES)
        quietest = int(np.square(windows).sum(axis=1).argmin())
        cut = first + quietest * _CUT_WINDOW_SAMPLES + _CUT_WINDOW_SAMPLES // 2
        pieces.append((start, cut))
        start = cut
    pieces.append((start, int(pcm.size)))
    return pieces
