"""Lays what was said along a template: which word is which, and what fills the slots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice.engines.offline_brain.templates import Slot, Template

Matrix = NDArray[np.float32]

EMPTY_SLOT = 0.35
"""Cost of a slot for which nothing was said."""

_INFINITE = 1e9


@dataclass(frozen=True, slots=True)
class Span:
    """Words ``[start, end)`` that could fill a slot, at a cost (0 for a perfect fit)."""

    start: int
    end: int
    cost: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """The cheapest way to lay an utterance along a template.

    ``slots`` maps slot names to word ranges; ``matches`` holds (word, similarity) for each literal
    that something was said for; ``skipped`` are the words that nothing explains.
    """

    cost: float
    slots: Mapping[str, tuple[int, int]]
    matches: tuple[tuple[int, int, float], ...]
    skipped: tuple[int, ...]


@dataclass(slots=True)
class _Cell:
    """The best way to have reached one point of the lattice, and where it came from."""

    cost: float = _INFINITE
    back: tuple[int, int] = (-1, -1)
    kind: str = ""


@dataclass(slots=True)
class Aligner:
    """Aligns one utterance with many templates.

    ``weights`` are the words' weights, shape (words,); ``spans`` gives the word ranges that fit a
    slot, none for no fit.
    """

    weights: Sequence[float]
    spans: Callable[[str], Sequence[Span]]

    def align(
        self,
        template: Template,
        similarities: Matrix,
        literal_weights: Sequence[float],
        missing_weights: Sequence[float],
    ) -> Alignment:
        """Return the cheapest alignment.

        ``similarities`` has shape (words, literals of the template); ``literal_weights`` and
        ``missing_weights`` say what each literal is worth, and costs when it was not said.
        """
        count = len(self.weights)
        grid = [[_Cell() for _ in range(count + 1)] for _ in range(len(template) + 1)]
        grid[0][0].cost = 0.0
        literal = -1
        for row, element in enumerate(template):
            self._skip_words(grid[row], row)
            if isinstance(element, Slot):
                self._fill(grid[row], grid[row + 1], row, self.spans(element.name))
            else:
                literal += 1
                self._match(
                    grid[row],
                    grid[row + 1],
                    row,
                    similarities[:, literal].tolist(),
                    literal_weights[literal],
                    missing_weights[literal],
                )
        self._skip_words(grid[-1], len(template))
        return self._read(grid, template, similarities)

    def _skip_words(self, row: list[_Cell], at: int) -> None:
        """Allow each word to be explained by nothing, at its weight."""
        for i, weight in enumerate(self.weights):
            cost = row[i].cost + weight
            if cost < row[i + 1].cost:
                row[i + 1].cost, row[i + 1].back, row[i + 1].kind = cost, (at, i), "skip"

    def _fill(
        self, row: list[_Cell], following: list[_Cell], at: int, spans: Sequence[Span]
    ) -> None:
        for i, cell in enumerate(row):
            _relax(following[i], cell.cost + EMPTY_SLOT, (at, i), "empty")
        for span in spans:
            _relax(following[span.end], row[span.start].cost + span.cost, (at, span.start), "slot")

    def _match(
        self,
        row: list[_Cell],
        following: list[_Cell],
        at: int,
        similar: Sequence[float],
        weight: float,
        missing: float,
    ) -> None:
        for i, cell in enumerate(row):
            _relax(following[i], cell.cost + missing, (at, i), "missing")
            if i < len(similar) and similar[i] > 0:
                cost = (1 - similar[i]) * (weight + self.weights[i]) / 2
                _relax(following[i + 1], cell.cost + cost, (at, i), "match")

    def _read(
        self,
        grid: list[list[_Cell]],
        template: Template,
        similarities: Matrix,
    ) -> Alignment:
        """Follow the best path back and collect what it says."""
        row, column = len(template), len(self.weights)
        literal = sum(isinstance(e, str) for e in template)
        slots: dict[str, tuple[int, int]] = {}
        matches: list[tuple[int, int, float]] = []
        skipped: list[int] = []
        while (row, column) != (0, 0):
            cell = grid[row][column]
            before_row, before = cell.back
            element = template[before_row] if before_row < row else None
            if isinstance(element, str):
                literal -= 1
            match cell.kind:
                case "skip":
                    skipped.append(before)
                case "slot" if isinstance(element, Slot):
                    slots[element.name] = (before, column)
                case "match":
                    matches.append((before, literal, float(similarities[before, literal])))
            row, column = before_row, before
        return Alignment(
            grid[-1][-1].cost, slots, tuple(reversed(matches)), tuple(reversed(skipped))
        )


def _relax(cell: _Cell, cost: float, back: tuple[int, int], kind: str) -> None:
    if cost < cell.cost:
        cell.cost, cell.back, cell.kind = cost, back, kind
