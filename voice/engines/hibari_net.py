"""Hibari's network and spelling rules for one voice: text in, samples and word ends out."""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice.engines.word_times import owners_of_spoken_words
from voice.errors import EngineError

Floats = NDArray[np.float32]

RATE_HZ = 24_000
_MEND = "install it with: pip install hibari-tts==0.2.1"

_DURATIONS = "/Clip_output_0"
"""The graph's own name for how long each phoneme lasts; an inner value that we make an output."""

_FRAME_SAMPLES = 120
_SILENT_LEVEL = 0.003
"""Peak of a 5 ms frame (-50 dBFS) under which nothing is heard; hibari's silence is near 0.0003."""

_LABEL_LAG_MS = 40
"""The network sounds a phoneme before its labelled time: consonants start 62 ms, stop 38 ms early
(medians of 33 sibilants). Word ends are moved by less, so that they come late rather than early."""

_ENDLESS_NUMBER = re.compile(r"\d{13,}")
"""Nobody says such a number in words, and from 67 digits on the package has none for it."""

_LONG_WORD = re.compile(r"\S{41,}")
_WORD_PART = re.compile(r"[^\W_]{1,40}|[\W_]")
_LONGEST_WORD_CHARS = 200
"""Words over 40 letters are none (links, keys, rows of signs): the spelling rules take minutes on
them, so they are cut up and only their beginning is spoken."""

_LOOK_BACK_MS = 350
"""The last phoneme before a pause is labelled up to 300 ms too long: its silence belongs to it."""


@dataclass(frozen=True, slots=True)
class Synthesis:
    """Samples in [-1, 1] at 24 kHz, silence trimmed away, and the end of each word in samples."""

    samples: Floats
    word_ends: tuple[int, ...]


def import_hibari() -> Any:
    """Import the package. Raises EngineError when it is missing."""
    try:
        return importlib.import_module("hibari")
    except ImportError as error:
        raise EngineError(f"speech synthesis needs the package hibari-tts; {_MEND}") from error


def local_voices() -> dict[str, Path]:
    """Return the voices that need no download, the package's own first."""
    import_hibari()
    voices = importlib.import_module("hibari.voices")
    found: dict[str, Path] = {}
    for name in (voices.DEFAULT, *voices.VOICES):
        try:
            found.setdefault(name, Path(voices.voice_path(name, download_missing=False)))
        except FileNotFoundError:
            continue
    return found


class HibariNet:
    """One voice. ``synthesise`` may run in several threads at once."""

    def __init__(self, voice: str, model: Path) -> None:
        """Load the graph and the spelling rules (about 0.6 s of CPU).

        Raises EngineError when the package or its files cannot be used.
        """
        package = import_hibari()
        try:
            self._dsp = importlib.import_module("hibari.dsp")
            self._normalize = importlib.import_module("hibari.g2p").normalize
            self._hibari, self._has_durations = _load(package, voice, model.read_bytes())
            self._g2p = self._hibari.g2p
        except Exception as error:  # the package and onnxruntime raise many kinds of their own
            raise EngineError(f"hibari-tts cannot load its voice {voice}; {_MEND}") from error

    @property
    def has_durations(self) -> bool:
        """Whether the graph tells how long each phoneme lasts (else word ends are estimates)."""
        return self._has_durations

    def synthesise(self, words: Sequence[str], speed: float, seed: int | None) -> Synthesis:
        """Speak ``words`` as one piece; no samples where they have no sound.

        ``seed`` makes the breath noise, the only random part, the same each time.
        """
        phonemes, word_of = self._phonemes(words)
        vocabulary = self._hibari.vocab
        known = [i for i, symbol in enumerate(phonemes) if symbol in vocabulary]
        if not any(phonemes[i].isalpha() for i in known):
            return Synthesis(np.zeros(0, np.float32), (0,) * len(words))
        ids = [0, *(vocabulary[phonemes[i]] for i in known), 0]
        outputs = self._hibari.sess.run(
            None, {"ids": np.array([ids], np.int64), "speed": np.array([speed], np.float32)}
        )
        noise = np.random.default_rng(seed)
        samples: Floats = self._dsp.synth(*(part[0] for part in outputs[:6]), noise)
        counts = outputs[6] if self._has_durations else _guessed_durations(phonemes, known)
        edges = np.cumsum(counts) * (samples.size / max(1.0, float(np.sum(counts))))
        is_loud = _loud_frames(samples)
        ends = [0] * len(words)
        for position, symbol_at in enumerate(known, start=1):
            word = word_of[symbol_at]
            if word is not None and phonemes[symbol_at].isalpha():
                ends[word] = _settled(edges[position - 1], edges[position], is_loud, speed)
        return _trimmed(samples, ends, is_loud)

    def _phonemes(self, words: Sequence[str]) -> tuple[str, list[int | None]]:
        """Return the phonemes and, for each symbol, the index of its word (None: between words)."""
        spoken = self._written_out(" ".join(words))
        groups: list[str] = [""]
        for token in self._g2p.phonemize_tokens(self._g2p.tokenize(spoken)):
            groups[-1] += token.phonemes or ""
            if token.whitespace:
                groups.append("")
        if not groups[-1]:
            groups.pop()
        spoken_words = spoken.split()
        if len(groups) == len(spoken_words):
            owners = owners_of_spoken_words(words, spoken_words, self._spoken_count)
        else:
            owners = _spread(len(words), groups)
        phonemes = ""
        word_of: list[int | None] = []
        for group, owner in zip(groups, owners, strict=True):
            if phonemes:
                phonemes += " "
                word_of.append(None)
            phonemes += group
            word_of += [owner] * len(group)
        return phonemes, word_of

    def _spoken_count(self, word: str) -> int:
        return len(self._written_out(word).split())

    def _written_out(self, text: str) -> str:
        """Return ``text`` with dates, times and units in words, and absurd words cut up."""
        sane = _LONG_WORD.sub(lambda found: _cut_up(found[0]), text)
        spelled = _ENDLESS_NUMBER.sub(lambda found: " ".join(found[0]), sane)
        return str(self._normalize(spelled))


def _cut_up(word: str) -> str:
    """Return the beginning of a word that is none, in pieces that the spelling rules can bear."""
    parts = _WORD_PART.findall(word[:_LONGEST_WORD_CHARS])
    return " ".join(parts)


def _load(package: Any, voice: str, model: bytes) -> tuple[Any, bool]:
    """Open the graph with durations as a seventh output, or as it is where that cannot be done."""
    try:
        loaded = package.Hibari(voice=voice, model=model + _extra_output(_DURATIONS))
    except Exception:  # another version of the graph: onnxruntime names no such value
        return package.Hibari(voice=voice, model=model), False
    return loaded, True


def _extra_output(name: str) -> bytes:
    """Return bytes that, put behind an ONNX model, name one more float output of its graph.

    Protocol buffers merge a message that comes twice, and concatenation is repetition: so the
    graph (field 7) gains one output (field 12) with a name (1) and a tensor type (2, 1, 1) without
    parsing the 8 MB before it.
    """
    value = _field(1, name.encode()) + _field(2, _field(1, b"\x08\x01"))
    return _field(7, _field(12, value))


def _field(number: int, payload: bytes) -> bytes:
    if len(payload) > 127:
        raise ValueError("a length of one byte is all that this needs")
    return bytes((number << 3 | 2, len(payload))) + payload


def _guessed_durations(phonemes: str, known: Sequence[int]) -> NDArray[np.float32]:
    """Return relative lengths for a graph that tells none: pads as long as five phonemes."""
    inner = [0.3 if not phonemes[i].isalpha() else 1.0 for i in known]
    return np.array([5.0, *inner, 5.0], np.float32)


def _spread(word_count: int, groups: Sequence[str]) -> list[int | None]:
    """Share phoneme groups among words in proportion, where the two cannot be told apart."""
    last = max(1, len(groups))
    return [min(word_count - 1, index * word_count // last) for index in range(len(groups))]


def _loud_frames(samples: Floats) -> NDArray[np.bool_]:
    frames = samples[: samples.size // _FRAME_SAMPLES * _FRAME_SAMPLES]
    peaks = np.abs(frames.reshape(-1, _FRAME_SAMPLES)).max(axis=1)
    return np.asarray(peaks > _SILENT_LEVEL)


def _settled(start: float, end: float, is_loud: NDArray[np.bool_], speed: float) -> int:
    """Return the sample at which a phoneme labelled ``start`` to ``end`` has wholly sounded.

    Silence at its end is not part of it: before a pause the label runs on into the pause.
    """
    lag = _LABEL_LAG_MS * RATE_HZ / 1000 / max(1.0, speed)
    late = max(0.0, end - lag)
    last = min(int(late) // _FRAME_SAMPLES, is_loud.size - 1)
    reach = min(end - start + 2 * lag, _LOOK_BACK_MS * RATE_HZ / 1000 / speed)
    first = max(0, int(late - reach) // _FRAME_SAMPLES)
    loud = np.flatnonzero(is_loud[first : last + 1])
    if loud.size == 0:
        return int(late)
    quiet_from = (first + int(loud[-1]) + 1) * _FRAME_SAMPLES
    return min(int(late), quiet_from + _FRAME_SAMPLES)


def _trimmed(samples: Floats, ends: list[int], is_loud: NDArray[np.bool_]) -> Synthesis:
    """Cut the silence at both ends and move the word ends; words without sound end with the last.

    20 ms stay before the first sound and 40 ms after the last, for what is too faint to count.
    """
    loud = np.flatnonzero(is_loud)
    if loud.size == 0:
        return Synthesis(np.zeros(0, np.float32), (0,) * len(ends))
    start = max(0, (int(loud[0]) - 4) * _FRAME_SAMPLES)
    stop = min(samples.size, (int(loud[-1]) + 9) * _FRAME_SAMPLES)
    moved: list[int] = []
    latest = 0
    for end in ends:
        latest = min(max(latest, end - start), stop - start)
        moved.append(latest)
    return Synthesis(samples[start:stop], tuple(moved))
