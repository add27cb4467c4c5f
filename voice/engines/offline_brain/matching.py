"""Finds the tools that an utterance may ask for, best first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from voice.engines.offline_brain.alignment import Aligner, Alignment, Span
from voice.engines.offline_brain.entities import Kind
from voice.engines.offline_brain.index import Form, Matrix, ToolIndex
from voice.engines.offline_brain.judging import Judge, Match
from voice.engines.offline_brain.parameters import FREE
from voice.engines.offline_brain.templates import Slot
from voice.engines.offline_brain.utterance import WEAK_WEIGHT, Utterance
from voice.engines.offline_brain.values import Today, spans
from voice.engines.offline_brain.vectors import Vector

_CANDIDATES = 40
_PER_TOOL = 12
"""Templates that are aligned in a turn, and of one tool: each costs about 0.05 ms."""

_STAND_INS = {
    Kind.DURATION: "ten minutes",
    Kind.TIME: "seven",
    Kind.DATE: "tomorrow",
    Kind.EXPRESSION: "five plus two",
    Kind.NUMBER: "five",
}


_LACKING = 0.1
_FIRST_WORD_COST = 0.35
_WHOLE_BONUS = 0.2
"""Within one tool, a reading that lacks nothing wins over a slightly nearer one that does."""


_SCOPES = frozenset("all every each everything".split())
_SCOPE_WEIGHT = 1.6
"""What a word weighs that says how many are meant: "all the timers" is not "the timer"."""


class Matcher:
    """Matches utterances with one tool set."""

    def __init__(self, index: ToolIndex, *, today: Today = date.today) -> None:
        """Take the index; ``today`` is asked only for parameters that want an ISO date."""
        self.index = index
        self._today = today

    def match(self, utterance: Utterance, only: int | None = None) -> list[Match]:
        """Return the best match of each likely tool, best first; ``only`` looks at one tool."""
        if not utterance.words or not self.index.forms:
            return []
        judge = self._judge(utterance)
        cosines = self.index.cosines(utterance.masked(_STAND_INS))
        best: dict[int, Match] = {}
        known: dict[tuple[int, str, bool], list[Span]] = {}
        for row in self._candidates(judge.similarities, cosines, only):
            form = self.index.forms[row]
            found = judge.judge(form, self._align(form, judge, known), float(cosines[row]))
            if form.tool not in best or _rank(found) > _rank(best[form.tool]):
                best[form.tool] = found
        return sorted(best.values(), key=lambda m: (-m.score, len(m.missing)))

    def fill(self, tool: int, utterance: Utterance) -> Match:
        """Return what can be read of the arguments of a tool, examples or not."""
        matches = self.match(utterance, only=tool)
        return matches[0] if matches else self._judge(utterance).fill(tool)

    def _judge(self, utterance: Utterance) -> Judge:
        similarities = self.index.similarities(utterance.words)
        weights = self.index.word_weights(utterance.words)
        weights = np.where(utterance.weak, np.float32(WEAK_WEIGHT), weights)
        scopes = [word in _SCOPES for word in utterance.words]
        weights = np.where(scopes, np.maximum(weights, np.float32(_SCOPE_WEIGHT)), weights)
        return Judge(self.index, utterance, similarities, weights, self._today)

    def _candidates(self, similarities: Matrix, cosines: Vector, only: int | None) -> list[int]:
        """Return the forms worth aligning: by words covered and by nearness of the sentence."""
        coverage = self.index.coverage(similarities)
        rank = 0.6 * coverage + 0.4 * cosines + 0.02 * np.minimum(self.index.form_weights, 5)
        rank -= _LACKING * self.index.form_lacks
        chosen: list[int] = []
        counts: dict[int, int] = {}
        for row in np.argsort(-rank):
            tool = int(self.index.form_tools[row])
            if (only is not None and tool != only) or counts.get(tool, 0) >= _PER_TOOL:
                continue
            counts[tool] = counts.get(tool, 0) + 1
            chosen.append(int(row))
            if len(chosen) >= _CANDIDATES:
                break
        return chosen

    def _align(
        self, form: Form, judge: Judge, known: dict[tuple[int, str, bool], list[Span]]
    ) -> Alignment:
        """Lay the utterance along one template; ``known`` keeps the spans of each parameter."""
        parameters = self.index.parameters[form.tool]

        first = judge.utterance.core_start

        def spans_of(name: str) -> Sequence[Span]:
            opens = form.template[0] == Slot(name)
            key = (form.tool, name, opens)
            if key not in known:
                # What is said first names the wish; only a template that begins so has it a value.
                free = parameters[name].wants in FREE
                extra = _FIRST_WORD_COST if free and not opens else 0.0
                known[key] = [
                    replace(s, cost=s.cost + extra * (s.start <= first))
                    for s in spans(parameters[name], judge.utterance)
                ]
            return known[key]

        columns = list(form.literals)
        return Aligner(judge.weights.tolist(), spans_of).align(
            form.template,
            judge.similarities[:, columns],
            self.index.weights[columns].tolist(),
            self.index.missing_weights[columns].tolist(),
        )


def _rank(match: Match) -> float:
    return match.score - _WHOLE_BONUS * len(match.missing)
