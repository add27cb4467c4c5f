"""Word and sentence vectors from the package ``wordllama``, whose weights come with it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice.errors import EngineError

Vector = NDArray[np.float32]

_MAX_WORDS = 20_000
"""Words kept; beyond it the oldest is forgotten."""

_FULL_NORM = 12.0
"""Vectors of this length and more belong to words that carry meaning: "timer" has 20, "the" 1.6.
The network learned that by itself, so it serves as the weight of a word."""

_PARTICLES = frozenset({"down", "off", "not", "all"})
"""Small words that turn an order round."""


class Vectors:
    """Vectors of words and sentences; owned by one brain, used from one thread at a time."""

    def __init__(self, model: Any) -> None:
        """Take a loaded wordllama model; ``load`` makes one."""
        self._model = model
        self._table: NDArray[np.float32] = model.embedding
        self._words: OrderedDict[str, tuple[Vector, float]] = OrderedDict()

    @classmethod
    def load(cls) -> Vectors:
        """Read the weights from the package itself, never from the network (0.5 s, blocking).

        Raises EngineError when the package is missing or damaged.
        """
        try:
            import wordllama

            folder = Path(wordllama.__file__).parent
            model = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
        except (ImportError, OSError, ValueError) as error:
            raise EngineError(
                "the offline brain needs the package wordllama with its weights; "
                "reinstall it: pip install --force-reinstall wordllama"
            ) from error
        return cls(model)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._table.shape[1])

    def word(self, word: str) -> tuple[Vector, float]:
        """Return a word's unit vector and its weight in (0, 1]."""
        known = self._words.get(word)
        if known is not None:
            return known
        vector = self._sum(word)
        norm = float(np.linalg.norm(vector))
        weight = min(1.0, max(0.1, norm / _FULL_NORM))
        if word in _PARTICLES:
            weight = max(weight, 0.6)
        made = (vector / norm if norm > 0 else vector, weight)
        self._words[word] = made
        if len(self._words) > _MAX_WORDS:
            self._words.popitem(last=False)
        return made

    def words(self, words: Sequence[str]) -> tuple[Vector, Vector]:
        """Return unit vectors, shape (words, dimension), and weights, shape (words,)."""
        if not words:
            return np.zeros((0, self.dimension), np.float32), np.zeros(0, np.float32)
        pairs = [self.word(word) for word in words]
        return np.stack([v for v, _ in pairs]), np.array([w for _, w in pairs], np.float32)

    def sentence(self, words: Sequence[str]) -> Vector:
        """Return the unit vector of a sentence: the sum over its pieces, as the model was trained.

        The zero vector for no words.
        """
        vector = self._sum(" ".join(words))
        norm = float(np.linalg.norm(vector))
        return vector / norm if norm > 0 else vector

    def _sum(self, text: str) -> Vector:
        ids = self._model.tokenizer.encode(text, add_special_tokens=False).ids
        if not ids:
            return np.zeros(self.dimension, np.float32)
        return np.asarray(self._table[ids].sum(axis=0), dtype=np.float32)
