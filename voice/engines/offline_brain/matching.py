"""Finds the tools that an utterance may ask for, best first."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from voice.engines.offline_brain.alignment import Aligner, Alignment, Span
from voice.engines.offline_brain.entities import Kind
from voice.engines.offline_brain.index import SCOPE_WEIGHT, SCOPES, Form, Matrix, ToolIndex
from voice.engines.offline_brain.judging import Judge, Match
from voice.engines.offline_brain.parameters import FREE
from voice.engines.offline_brain.templates import Slot
from voice.engines.offline_brain.utterance import WEAK_WEIGHT, Utterance
from voice.engines.offline_brain.values import Today, spans
from voice.engines.offline_brain.vectors import Vector

_CANDIDATES = 28
_PER_TOOL = 12
_PER_TOOL_PLAIN = 6
"""Templates that are aligned in a turn, of one tool, and of one tool without a slot: each costs
about 0.05 ms. "Give me the time" in ten wordings must leave room for "the time in {place}"."""

_KEPT_TEXTS = 64
"""Texts whose matches are kept."""

_STAND_INS = {
    Kind.DURATION: "ten minutes",
    Kind.TIME: "seven",
    Kind.DATE: "tomorrow",
    Kind.EXPRESSION: "five plus two",
    Kind.NUMBER: "five",
}


_LACKING = 0.1
_FIRST_WORD_COST = 0.35
_SWALLOWED_COST = 0.6
_SHORT_ORDER = 5
_ORDER_ALONE_COST = 0.3
_WHOLE_BONUS = 0.2
"""Within one tool, a reading that lacks nothing wins over a slightly nearer one that does."""


class Matcher:
    """Matches utterances with one tool set."""

    def __init__(self, index: ToolIndex, *, today: Today = date.today) -> None:
        """Take the index; ``today`` is asked only for parameters that want an ISO date."""
        self.index = index
        self._today = today
        self._kept: OrderedDict[str, tuple[Utterance, list[Match]]] = OrderedDict()

    def read(self, text: str) -> tuple[Utterance, list[Match]]:
        """Return ``text`` analysed, and its matches; a turn reads some of its clauses twice."""
        if text not in self._kept:
            utterance = Utterance(text)
            self._kept[text] = utterance, self.match(utterance)
            if len(self._kept) > _KEPT_TEXTS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(text)
        return self._kept[text]

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
        scopes = [word in SCOPES for word in utterance.words]
        weights = np.where(scopes, np.maximum(weights, np.float32(SCOPE_WEIGHT)), weights)
        return Judge(self.index, utterance, similarities, weights, self._today)

    def _candidates(self, similarities: Matrix, cosines: Vector, only: int | None) -> list[int]:
        """Return the forms worth aligning: by words covered and by nearness of the sentence."""
        coverage = self.index.coverage(similarities)
        rank = 0.6 * coverage + 0.4 * cosines + 0.02 * np.minimum(self.index.form_weights, 5)
        rank -= _LACKING * self.index.form_lacks
        chosen: list[int] = []
        counts, plain = Counter[int](), Counter[int]()
        for row in np.argsort(-rank):
            tool = int(self.index.form_tools[row])
            if (only is not None and tool != only) or counts[tool] >= _PER_TOOL:
                continue
            if not self.index.form_has_slot[row]:
                if plain[tool] >= _PER_TOOL_PLAIN:
                    continue
                plain[tool] += 1
            counts[tool] += 1
            chosen.append(int(row))
            if len(chosen) >= _CANDIDATES:
                break
        return chosen

    def _alone_cost(self, judge: Judge, span: Span) -> float:
        """Return what a value costs that is one word, and that an order: "make my list empty"."""
        word = judge.utterance.words[span.start]
        return _ORDER_ALONE_COST * (span.end == span.start + 1 and word in self.index.orders)

    def _order_cost(self, judge: Judge, span: Span) -> float:
        """Return what a value costs that begins a sentence as a question or an order does.

        "Bring up my notes" puts nothing "in my notes", though "mow the lawn" may be on a list.
        """
        words = judge.utterance.words[span.start : span.end]
        if words[0] in _QUESTIONS:
            return _FIRST_WORD_COST
        return _FIRST_WORD_COST * (words[0] in self.index.orders and len(words) < _SHORT_ORDER)

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
                extra = _SWALLOWED_COST if free and not opens else 0.0
                known[key] = [
                    replace(s, cost=s.cost + (extra or free * self._order_cost(judge, s)))
                    if s.start <= first
                    else replace(s, cost=s.cost + free * self._alone_cost(judge, s))
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


_QUESTIONS = frozenset("how what when where which who why is are do does did much many".split())


def _rank(match: Match) -> float:
    return match.score - _WHOLE_BONUS * len(match.missing)
