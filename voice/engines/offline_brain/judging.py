"""What an alignment is worth, and which arguments it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice.engines.offline_brain.alignment import EMPTY_SLOT, Alignment
from voice.engines.offline_brain.index import Form, ToolIndex
from voice.engines.offline_brain.parameters import FREE, Parameter, Wants
from voice.engines.offline_brain.templates import Slot, Template
from voice.engines.offline_brain.utterance import QUESTION, SUBJECTS, UNWANTED, YES_NO, Utterance
from voice.engines.offline_brain.values import Today, is_thing, spans, value

Array = NDArray[np.float32]

_TYPED_CREDIT = 0.5
"""What a filled slot with a form of its own adds: who says "ten minutes" means a duration."""

_LEFTOVER_COST = 0.1
_REORDERED = 0.7
"""Worth of a word that stands elsewhere than in the template."""

_ALIGNED_SHARE = 0.8
"""Share of the alignment in the score; the rest is the nearness of the whole sentences."""

_SLOTS_ALONE = 2.0
"""A template of slots alone must explain all that was said: what it leaves over costs this much."""

_NAMING = 0.5
_UNNAMED = 0.6
"""What is left of a match in which none of the template's own words was said: "ten minutes" alone
asks for no timer. Two values of the right forms, or a sum, speak for themselves."""

_SUBJECT_FROM = 0.9
"""Weight from which a word left over is what somebody talks about."""

_SUBJECT_SHARE = 0.8
"""How much of the template's heaviest word must have been said, or something near it."""

_NAMED_SHARE = 0.6
"""Share of the template's weighty words that a doubtful match must have."""

_AS_SAID = 0.95
"""How near a word must be to stand for a small word of a template: it, or its other spelling."""

_NEARLY_EXACT = 0.97
_ASKED_COST = 0.18
_STATEMENT_COST = 0.2
_TOLD_ALIKE = 3
"""Words of a told template that must have been said for "we are out of flour" to be a wish."""

_NEGATION_COST = 0.5
MISSING_COST = 0.08
_YES_NO_COST = 0.2

_POINTER_COST = 0.3
_POINTERS = frozenset("it that them those these this".split())
_OTHER_LEAD_COST = 0.15
_LEADS = frozenset({"by", "to"})
"""What a value loses behind the wrong one of these small words."""

_TURNED_COST = 0.2
_BOUND = frozenset("to on onto into from off".split())
"""What a reading loses where one of these words stands elsewhere than in the template: "add milk to
the list" has no "to the milk list"."""

_SAID_WHOLE = 0.64
"""Least score of a template said word for word, with nothing left over: "we need flour" asks for
something although each of its words is light."""

_WHOLE_WORDS = 2
_WHOLE_VALUE = 4
"""Words a template needs, and words a free value may have, for such a score."""


@dataclass(frozen=True, slots=True)
class Match:
    """One tool that may be meant, with what could be read of its arguments.

    ``score`` is in [0, 1]. ``said`` holds the words behind each argument, for asking back;
    ``missing`` names the required parameters for which nothing was said. ``is_named`` says that
    most of the template's weighty words were said, or words near them.
    """

    tool: int
    score: float
    arguments: Mapping[str, Any]
    said: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    template: Template = ()
    is_named: bool = True


@dataclass(slots=True)
class Judge:
    """Judges the alignments of one utterance.

    ``similarities`` has shape (words, vocabulary), ``weights`` shape (words,).
    """

    index: ToolIndex
    utterance: Utterance
    similarities: Array
    weights: Array
    today: Today

    def judge(self, form: Form, made: Alignment, cosine: float) -> Match:
        """Return the match that an alignment with ``form`` makes."""
        reading = _Reading(made.cost, list(made.skipped))
        parameters = self.index.parameters[form.tool]
        for name, (start, end) in made.slots.items():
            self._take(reading, parameters[name], start, end)
        explained = sum(
            similar * self._pair_weight(form.literals[k], i) / 2 for i, k, similar in made.matches
        )
        moved = self._reordered(form, made, reading)
        if form.literals:
            self._leftover(form, reading, parameters)
        else:
            polite = sum(float(self.weights[i]) for i in reading.left if self.utterance.weak[i])
            reading.cost = (reading.cost - polite) * _SLOTS_ALONE
        explained += reading.credit + moved / 2
        aligned = explained / max(explained + max(reading.cost, 0.0), 1e-6)
        if form.literals and reading.forms < 2 and self._named(form, made) < _NAMING:
            aligned *= _UNNAMED
        elif form.literals and self._is_about_something_else(form, made, reading):
            aligned *= _UNNAMED
        elif self._lacks_a_small_word(form, made) or self._lacks_its_noun(form, reading):
            aligned *= _UNNAMED
        missing = tuple(n for n, p in parameters.items() if p.required and n not in reading.values)
        score = _ALIGNED_SHARE * aligned + (1 - _ALIGNED_SHARE) * max(cosine, 0.0)
        if self._is_said_whole(form, made, reading):
            score = max(score, _SAID_WHOLE)
        score -= _POINTER_COST * self._leaves_a_pointer(form, made, reading)
        score -= _OTHER_LEAD_COST * self._is_led_otherwise(form, reading)
        score -= _TURNED_COST * self._turns_a_small_word(form, made)
        score -= _NEGATION_COST * self._leaves_a_negation(form, made)
        score -= self._doubt(form, aligned, len(made.matches)) + MISSING_COST * len(missing)
        named = reading.forms > 0 or self._says_its_weight(form, made)
        return Match(form.tool, score, reading.values, reading.said, missing, form.template, named)

    def fill(self, tool: int) -> Match:
        """Return what can be read of the arguments of a tool that has no example sentences."""
        reading = _Reading(0.0, list(range(len(self.utterance.words))))
        parameters = self.index.parameters[tool]
        self._leftover(None, reading, parameters)
        missing = tuple(n for n, p in parameters.items() if p.required and n not in reading.values)
        return Match(tool, 0.0, reading.values, reading.said, missing)

    def _take(self, reading: _Reading, parameter: Parameter, start: int, end: int) -> bool:
        """Put the words ``[start, end)`` into a parameter; False where they make no value."""
        got = value(parameter, self.utterance, start, end, self.today)
        if got is None:
            return False
        reading.values[parameter.name] = got
        reading.starts[parameter.name] = start
        reading.said[parameter.name] = self.utterance.original(start, end)
        if parameter.wants not in FREE:
            reading.credit += _TYPED_CREDIT
            reading.forms += 2 if parameter.wants is Wants.EXPRESSION else 1
        return True

    def _pair_weight(self, literal: int, word: int) -> float:
        return float(self.index.weights[literal]) + float(self.weights[word])

    def _named(self, form: Form, made: Alignment) -> float:
        """Return the weight of the template's words that were said, those inside values aside."""
        inside = {i for e in self.utterance.entities if not e.weak for i in range(e.start, e.end)}
        return sum(
            similar * float(self.index.weights[form.literals[k]])
            for i, k, similar in made.matches
            if i not in inside
        )

    def _is_about_something_else(self, form: Form, made: Alignment, reading: _Reading) -> bool:
        """Return whether the subject of what was said is not the template's.

        "What's the weather tomorrow?" shares its small words and the day with "what date is
        tomorrow?", but its noun explains nothing and the template's was not said.
        """
        if not any(float(self.weights[i]) >= _SUBJECT_FROM for i in reading.left):
            return False
        return not self._says_its_noun(form, made)

    def _says_its_noun(self, form: Form, made: Alignment) -> bool:
        """Return whether the weightiest of the template's words was said, or one near it."""
        weights = [float(self.index.weights[column]) for column in form.literals]
        matched = max((similar * weights[k] for _, k, similar in made.matches), default=0.0)
        return matched >= _SUBJECT_SHARE * max(weights, default=0.0)

    def _says_its_weight(self, form: Form, made: Alignment) -> bool:
        """Return whether most of the template's weighty words were said: "read" is no list."""
        weights = [float(self.index.weights[column]) for column in form.literals]
        least = _SUBJECT_SHARE * max(weights, default=0.0)
        said = sum(similar * weights[k] for _, k, similar in made.matches if weights[k] >= least)
        return said >= _NAMED_SHARE * sum(w for w in weights if w >= least)

    def _lacks_a_small_word(self, form: Form, made: Alignment) -> bool:
        """Return whether a template that names no subject of its own was said only in part.

        "What is my {about}" stands by its "my": "what is love?" is no part of it.
        """
        if not form.literals or max(float(self.index.weights[c]) for c in form.literals) >= (
            _SUBJECT_FROM
        ):
            return False
        parameters = self.index.parameters[form.tool]
        is_free = any(
            isinstance(e, Slot) and parameters[e.name].wants in FREE for e in form.template
        )
        said = sum(similar >= _AS_SAID for _, _, similar in made.matches)
        return is_free and said < len(form.literals)

    def _is_said_whole(self, form: Form, made: Alignment, reading: _Reading) -> bool:
        """Return whether each of the template's words was said, and nothing else but politeness."""
        if not _WHOLE_WORDS <= len(form.literals) == len(made.matches):
            return False
        if any(similar < _AS_SAID for _, _, similar in made.matches):
            return False
        slots = [e.name for e in form.template if isinstance(e, Slot)]
        if any(name not in reading.values for name in slots):
            return False
        parameters = self.index.parameters[form.tool]
        polite = (self.utterance.weak[i] and i not in self.utterance.turning for i in reading.left)
        return all(polite) and all(
            is_thing(self.utterance, *made.slots[name]) and end - start <= _WHOLE_VALUE
            for name, (start, end) in made.slots.items()
            if parameters[name].wants in FREE
        )

    def _is_led_otherwise(self, form: Form, reading: _Reading) -> bool:
        """Return whether a value follows a small word that its tool never has before it.

        "Up by ten" is not "up to ten".
        """
        for name, start in reading.starts.items():
            said = self.utterance.words[start - 1] if start else ""
            leads = self.index.leads.get((form.tool, name), frozenset())
            if said in _LEADS and said not in leads and not _LEADS.isdisjoint(leads):
                return True
        return False

    def _leaves_a_negation(self, form: Form, made: Alignment) -> bool:
        """Return whether a "not" was said that the template does not have, or what is like it.

        "We have not run out of bread" is no "we have run out of bread", and "what happens if I
        clear the list" clears none. One inside a value is a part of it: "remember that I do not
        like fish".
        """
        if self.utterance.is_negated and "not" not in form.template[:2]:
            return True
        if self.utterance.is_unwanted:
            return not set(form.template).issuperset(UNWANTED)
        return not self.utterance.denials.isdisjoint(made.skipped)

    def _turns_a_small_word(self, form: Form, made: Alignment) -> bool:
        """Return whether a small word was said, but not where the template has it."""
        found = {k for _, k, _ in made.matches}
        literals = [element for element in form.template if isinstance(element, str)]
        lacking = {word for k, word in enumerate(literals) if k not in found} & _BOUND
        return any(self.utterance.words[i] in lacking for i in made.skipped)

    def _leaves_a_pointer(self, form: Form, made: Alignment, reading: _Reading) -> bool:
        """Return whether free words were taken though "that" was said: "cross that off my list"."""
        parameters = self.index.parameters[form.tool]
        is_free = any(parameters[name].wants in FREE for name in made.slots)
        words = self.utterance.words
        return is_free and any(
            i and words[i] in _POINTERS and words[i - 1] in self.index.orders
            for i in reading.left
            if not self.utterance.weak[i]
        )

    def _lacks_its_noun(self, form: Form, reading: _Reading) -> bool:
        """Return whether free words were said without the choice that they belong to.

        In "delete the {which} {kind}" it is the kind that says what this is about: "delete the
        account Bob" asks for no timer.
        """
        parameters = self.index.parameters[form.tool]
        slots = {i: parameters[e.name] for i, e in enumerate(form.template) if isinstance(e, Slot)}
        # "{which} {kind}", and "{kind} for {which}" with its small word between.
        return any(
            near is not None and near.wants in FREE and near.name in reading.values
            for i, noun in slots.items()
            if noun.wants is Wants.CHOICE and noun.name not in reading.values
            for near in (slots.get(i - 1), slots.get(i + 2))
        )

    def _is_free_order(self, form: Form) -> bool:
        """Return whether a template is no question and takes any words."""
        parameters = self.index.parameters[form.tool]
        free = any(isinstance(e, Slot) and parameters[e.name].wants in FREE for e in form.template)
        return free and form.template[0] not in QUESTION

    def _telling(self, form: Form, aligned: float, matched: int) -> float:
        """Return what a statement costs: little where the template is told with the same words."""
        same = form.template[0] in (self.utterance.core[0], *SUBJECTS)
        if same and aligned >= _NEARLY_EXACT:
            return 0.0
        return _STATEMENT_COST * (0.25 if same and matched >= _TOLD_ALIKE else 1.0)

    def _doubt(self, form: Form, aligned: float, matched: int) -> float:
        """Return what the kind of speech takes from the score."""
        doubt = 0.0
        if self.utterance.is_statement:
            doubt += self._telling(form, aligned, matched)
        if (
            self.utterance.asks
            and not self.utterance.ends_in_an_order
            and self._is_free_order(form)
        ):
            doubt += _ASKED_COST
        if self.utterance.is_yes_no and form.template[0] not in YES_NO:
            doubt += _YES_NO_COST
        return doubt

    def _reordered(self, form: Form, made: Alignment, reading: _Reading) -> float:
        """Match literals that found nothing in their place with words left over elsewhere.

        Returns the weight that this explains; the cost falls by as much.
        """
        found = {k for _, k, _ in made.matches}
        gained = 0.0
        for k, column in enumerate(form.literals):
            if k in found or not reading.left:
                continue
            best = max(reading.left, key=lambda i: self.similarities[i, column])
            similar = float(self.similarities[best, column])
            if similar > 0:
                gained += _REORDERED * similar * self._pair_weight(column, best)
                reading.left.remove(best)
        reading.cost -= gained
        return gained

    def _leftover(
        self, form: Form | None, reading: _Reading, parameters: Mapping[str, Parameter]
    ) -> None:
        """Fill parameters that the template has no slot for, or left empty.

        Only what has a form of its own, for a free text could be anything; a choice may stand in
        words that the template already explains ("make it louder").
        """
        slots = {e.name for e in form.template if isinstance(e, Slot)} if form else set()
        for name, parameter in parameters.items():
            if name in reading.values or parameter.wants in FREE or parameter.wants is Wants.SWITCH:
                continue
            best = self._best_leftover(parameter, reading.left)
            if best is None or not self._take(reading, parameter, *best):
                continue
            inside = [i for i in reading.left if best[0] <= i < best[1]]
            reading.cost -= sum(float(self.weights[i]) for i in inside) - _LEFTOVER_COST
            reading.cost -= EMPTY_SLOT if name in slots else 0.0
            reading.left = [i for i in reading.left if i not in inside]

    def _best_leftover(self, parameter: Parameter, left: Sequence[int]) -> tuple[int, int] | None:
        free = set(left)
        fitting = [
            s
            for s in spans(parameter, self.utterance)
            if s.cost < 0.3
            and (parameter.wants is Wants.CHOICE or free.issuperset(range(s.start, s.end)))
        ]
        best = min(fitting, key=lambda s: (s.cost, s.start - s.end), default=None)
        return None if best is None else (best.start, best.end)


@dataclass(slots=True)
class _Reading:
    """What has been read of one alignment so far.

    ``left`` are words that nothing explains; ``forms`` counts values that have a form of their own.
    """

    cost: float
    left: list[int]
    values: dict[str, Any] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    credit: float = 0.0
    forms: int = 0
