"""Wake words on this machine: the small networks of ``pymicro-wakeword``, several at once.

The package holds four: ``okay_nabu``, ``hey_jarvis``, ``hey_mycroft`` and ``alexa``. None of them
is "stop": while the assistant speaks, that is heard by the ear's recogniser, whose words
``voice.client.near_words`` judges.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from voice.engines.ports import Pcm
from voice.errors import EngineError, SettingsError

EXTRA = "pip install 'voice-assistant-service[wake]'"

_MOST_CERTAIN = 0.99
"""A network says 0.996 at most, as it counts in 256ths; a higher bar would never be reached."""


@dataclass(frozen=True, slots=True)
class _Word:
    name: str
    net: Any
    cutoff: float


class WakeWords:
    """Listens for some words in one stream of sound; belongs to one thread at a time.

    ``words`` are named as the package names them; spaces, hyphens and capitals do not matter.
    ``sensitivity`` is between 0 and 1: at 0.5 a network's own bar holds, higher wakes more easily.
    All share one front end: a second of sound takes 1.6 ms with one word, 4.2 ms with four
    (one core of an AMD EPYC).

    Raises SettingsError for no word or one that there is not, EngineError where the package is
    missing or cannot be loaded. Close it, or use it as a context manager.
    """

    def __init__(self, words: Sequence[str], sensitivity: float = 0.5) -> None:
        if not 0.0 < sensitivity < 1.0:
            raise SettingsError(
                f"expected hands_free.wake_sensitivity between 0 and 1, got {sensitivity}"
            )
        package = _package()
        known = {model.value: model for model in package.Model}
        names = _names(words, known)
        self._words: list[_Word] = []
        try:
            self._front = package.MicroWakeWordFeatures()
            for name in names:
                net = package.MicroWakeWord.from_builtin(known[name])
                self._words.append(_Word(name, net, cutoff(net.probability_cutoff, sensitivity)))
        except Exception as error:  # A C library behind ctypes: OSError, RuntimeError, ValueError.
            self.close()
            raise EngineError(
                f"expected the wake words of pymicro-wakeword to load, got {error!r}; "
                f"install it anew with: {EXTRA}"
            ) from error

    @property
    def words(self) -> tuple[str, ...]:
        """What is listened for; empty once closed."""
        return tuple(word.name for word in self._words)

    def hear(self, pcm_16k: Pcm) -> str | None:
        """Return the word that ends in this stretch, or None.

        ``pcm_16k`` is int16, shape (samples,), mono, 16 kHz, of any length; what is left of 10 ms
        is kept for the next call. A word is told once, and of two the one that was surer.
        """
        best: tuple[float, str] | None = None
        for features in self._front.process_streaming(pcm_16k.tobytes()):
            for word in self._words:
                probability = word.net.process_streaming_prob(features)
                if probability > word.cutoff:
                    best = max(best or (0.0, ""), (probability - word.cutoff, word.name))
        if best is None:
            return None
        self.reset()
        return best[1]

    def reset(self) -> None:
        """Forget what was heard, as where the stream has a gap. Takes under 1 ms."""
        self._front.reset()
        for word in self._words:
            word.net.reset()

    def close(self) -> None:
        """Free the networks. Idempotent; nothing is heard any more."""
        for word in self._words:
            word.net.close()
        self._words.clear()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Free the networks."""
        self.close()


def cutoff(own: float, sensitivity: float) -> float:
    """Return the probability that wakes: ``own`` at 0.5, moved on the scale of log odds.

    So 0.9 makes a bar of 0.97 one of 0.78, and 0.1 one of 0.99, the highest there is.
    """
    odds = math.log(own / (1.0 - own)) - math.log(sensitivity / (1.0 - sensitivity))
    return min(_MOST_CERTAIN, 1.0 / (1.0 + math.exp(-odds)))


def _names(words: Sequence[str], known: Collection[str]) -> list[str]:
    """Return the words as the package names them, each once."""
    names = list(dict.fromkeys("_".join(re.findall("[a-z]+", word.lower())) for word in words))
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        got = ", ".join(unknown) or "none"
        raise SettingsError(
            f"expected hands_free.wake_words among {', '.join(sorted(known))}, got {got}"
        )
    return names


def _package() -> Any:
    try:
        import pymicro_wakeword
    except ImportError as error:
        raise EngineError(
            "expected the package pymicro-wakeword, which hears wake words, got none; install it "
            f"with: {EXTRA}, or leave hands_free.wake_words empty"
        ) from error
    return pymicro_wakeword
