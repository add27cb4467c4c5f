"""Everything about one set of tools that can be worked out before anybody speaks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from voice.engines.offline_brain.guesses import guess_examples
from voice.engines.offline_brain.parameters import Parameter, Wants, read_parameters
from voice.engines.offline_brain.templates import Slot, Template, expand, without_slot
from voice.engines.offline_brain.thesaurus import are_opposites, are_synonyms, stem
from voice.engines.offline_brain.vectors import Vector, Vectors
from voice.engines.ports import BrainTool

Matrix = NDArray[np.float32]

MAX_TEMPLATES = 12_000
"""Templates of one tool set; more are left out, evenly, so that no plugin can slow a turn down."""

_SYNONYM = 0.85
_SAME_STEM = 0.95
_OWNERS = {"my", "our"}
_MISHEARD = 0.75
_NEAR_FROM, _NEAR_TO = 0.42, 0.75
"""Cosine from which two words count as near, and the most that such nearness is worth."""

_KEPT_ROWS = 512
"""Words whose likeness to the vocabulary is kept (2.5 MB): clauses repeat the whole's words."""

_ASKING = frozenset("what which how is are do does tell me give show".split())
"""Words that a person in a hurry leaves out: "the time in Oslo"."""

SCOPES = frozenset("all every each everything".split())
SCOPE_WEIGHT = 1.6
"""What a word weighs that says how many are meant: "all the timers" is not "the timer"."""

_NO_ORDERS = frozenset("i we you my the a an it that this in on at for there no".split())
"""First words of templates that are no order and no question."""

_STAND_INS = {
    Wants.NUMBER: "five",
    Wants.DURATION: "ten minutes",
    Wants.TIME: "seven",
    Wants.DATE: "tomorrow",
    Wants.WHEN: "tomorrow",
    Wants.UNIT: "miles",
    Wants.EXPRESSION: "five plus two",
    Wants.PLACE: "Paris",
}
"""What stands in a sentence vector for a slot, and for what was heard of that kind."""


@dataclass(frozen=True, slots=True)
class Form:
    """One template of one tool; ``literals`` are the vocabulary's indices of its plain words."""

    tool: int
    template: Template
    literals: tuple[int, ...]


class ToolIndex:
    """The templates, words and vectors of a tool set; built once, read by every turn."""

    def __init__(self, tools: Sequence[BrainTool], vectors: Vectors) -> None:
        """Build the index (about 0.3 s for 30 tools); blocking, so off the event loop."""
        self.tools = tuple(tools)
        self.parameters = [read_parameters(tool) for tool in self.tools]
        self._vectors = vectors
        templates = [(i, t) for i, tool in enumerate(self.tools) for t in self._templates(i, tool)]
        if len(templates) > MAX_TEMPLATES:
            stride = len(templates) / MAX_TEMPLATES
            templates = [templates[int(i * stride)] for i in range(MAX_TEMPLATES)]
        literals = (e for _, t in templates for e in t if isinstance(e, str))
        self.vocabulary = {word: i for i, word in enumerate(dict.fromkeys(literals))}
        words = list(self.vocabulary)
        self._word_vectors, self.weights = vectors.words(words)
        self._stems: dict[str, list[int]] = {}
        for i, word in enumerate(words):
            self._stems.setdefault(stem(word), []).append(i)
        self._words = words
        self.missing_weights = np.array(
            [
                w * (0.5 if word in _ASKING else 1.0) if word not in SCOPES else SCOPE_WEIGHT
                for word, w in zip(words, self.weights, strict=True)
            ],
            np.float32,
        )
        self.forms = [
            Form(i, t, tuple(self.vocabulary[e] for e in t if isinstance(e, str)))
            for i, t in templates
        ]
        self.form_lacks = np.array([self._lacks(form) for form in self.forms], np.float32)
        self.form_has_slot = np.array(
            [any(isinstance(e, Slot) for e in form.template) for form in self.forms], np.bool_
        )
        self.form_tools = np.array([form.tool for form in self.forms], np.int32)
        self._columns = self._build_columns()
        self._form_word_weights = np.append(self.weights, np.float32(0))[self._columns]
        self.form_weights = self._form_word_weights.sum(axis=1)
        self._known_rows: OrderedDict[str, Vector] = OrderedDict()
        self.sentences = self._build_sentences()
        self.leads = self._find_leads()
        firsts = {form.template[0] for form in self.forms}
        self.orders = frozenset(w for w in firsts if isinstance(w, str)) - _NO_ORDERS

    def _templates(self, index: int, tool: BrainTool) -> list[Template]:
        """Return the tool's templates, also without each required slot: people forget them."""
        parameters = self.parameters[index]
        found: dict[Template, None] = {}
        for example in tool.examples or guess_examples(tool, parameters):
            for template in expand(example):
                slots = [e.name for e in template if isinstance(e, Slot)]
                if any(name not in parameters for name in slots):
                    continue
                found[template] = None
                for name in slots:
                    shorter = without_slot(template, name)
                    if parameters[name].required and self._says_enough(shorter):
                        found[shorter] = None
        return list(found)

    def _lacks(self, form: Form) -> int:
        """Return how many required parameters have no slot in a form."""
        slots = {e.name for e in form.template if isinstance(e, Slot)}
        required = (p.name for p in self.parameters[form.tool].values() if p.required)
        return sum(name not in slots for name in required)

    def _find_leads(self) -> dict[tuple[int, str], frozenset[str]]:
        """Return the small words that lead to each parameter in its tool's templates."""
        found: dict[tuple[int, str], set[str]] = {}
        for form in self.forms:
            for before, element in pairwise(form.template):
                if isinstance(element, Slot) and isinstance(before, str):
                    found.setdefault((form.tool, element.name), set()).add(before)
        return {key: frozenset(words) for key, words in found.items()}

    def _says_enough(self, template: Template) -> bool:
        """Say whether a template still names its tool when a slot is gone: "what is" does not."""
        _, weights = self._vectors.words([e for e in template if isinstance(e, str)])
        return bool(len(weights) and weights.max() >= 0.85 and weights.sum() >= 1.3)

    def _build_columns(self) -> NDArray[np.int32]:
        """Return each form's words as vocabulary indices, shape (forms, longest form).

        What a shorter form lacks is the index behind the last word, whose weight is 0.
        """
        longest = max((len(form.literals) for form in self.forms), default=0)
        made = np.full((len(self.forms), longest), len(self._words), np.int32)
        for row, form in enumerate(self.forms):
            made[row, : len(form.literals)] = form.literals
        return made

    def _build_sentences(self) -> Matrix:
        rows = [self._vectors.sentence(self._stand_in(form)) for form in self.forms]
        return np.stack(rows) if rows else np.zeros((0, self._vectors.dimension), np.float32)

    def _stand_in(self, form: Form) -> list[str]:
        said: list[str] = []
        for element in form.template:
            if isinstance(element, str):
                said.append(element)
            else:
                parameter = self.parameters[form.tool][element.name]
                said += stand_in(parameter).split()
        return said

    def word_weights(self, words: Sequence[str]) -> Vector:
        """Return the weights of words that were said, shape (words,)."""
        return self._vectors.words(words)[1]

    def similarities(self, words: Sequence[str]) -> Matrix:
        """Return how far each word can stand for each vocabulary word, shape (words, vocabulary).

        1 is the same word, 0 no kinship; opposites are 0 however alike their use is.
        """
        if not self._words or not words:
            return np.zeros((len(words), len(self._words)), np.float32)
        fresh = [word for word in dict.fromkeys(words) if word not in self._known_rows]
        if fresh:
            self._known_rows.update(zip(fresh, self._similarity_rows(fresh), strict=True))
        for word in words:
            self._known_rows.move_to_end(word)
        made = np.stack([self._known_rows[word] for word in words])
        while len(self._known_rows) > _KEPT_ROWS:
            self._known_rows.popitem(last=False)
        return made

    def _similarity_rows(self, words: Sequence[str]) -> Matrix:
        vectors, _ = self._vectors.words(words)
        cosines = vectors @ self._word_vectors.T
        near = np.clip((cosines - _NEAR_FROM) / (1 - _NEAR_FROM), 0, 1)
        made = np.where(near > 0, 0.5 + near * (_NEAR_TO - 0.5) * 2, 0).astype(np.float32)
        made = np.minimum(made, _NEAR_TO)
        for row, word in enumerate(words):
            self._lexical(made[row], word)
        return made

    def _lexical(self, row: Vector, word: str) -> None:
        """Put in what spelling and thesaurus know of one word."""
        for i, known in enumerate(self._words):
            if known == word:
                row[i] = 1.0
            elif are_opposites(word, known):
                row[i] = 0.0
            elif {word, known} == _OWNERS:
                row[i] = _SAME_STEM
            elif are_synonyms(word, known):
                row[i] = _SYNONYM
            elif len(word) >= 5 and len(known) >= 5 and fuzz.ratio(word, known) >= 86:
                row[i] = max(row[i], _MISHEARD)
        for i in self._stems.get(stem(word), ()):
            if self._words[i] != word and not are_opposites(word, self._words[i]):
                row[i] = max(row[i], _SAME_STEM)

    def coverage(self, similarities: Matrix) -> Vector:
        """Return the share of each form's words that something said can stand for, in [0, 1].

        1 for a form of slots alone, which only an alignment can judge.
        """
        if not len(self.forms):
            return np.zeros(0, np.float32)
        best = similarities.max(axis=0) if len(similarities) else np.zeros(len(self._words))
        reached = np.append(best.astype(np.float32), np.float32(0))[self._columns]
        covered = (self._form_word_weights * reached).sum(axis=1)
        shares = covered / np.maximum(self.form_weights, 1e-6)
        return np.where(self.form_weights > 0, shares, 1.0).astype(np.float32)

    def cosines(self, words: Sequence[str]) -> Vector:
        """Return the cosine between a sentence and each form."""
        return np.asarray(self.sentences @ self._vectors.sentence(words), np.float32)


def stand_in(parameter: Parameter) -> str:
    """Return the word that stands for a parameter's value in a sentence vector."""
    if parameter.wants is Wants.CHOICE:
        return str(parameter.choices[0])
    return _STAND_INS.get(parameter.wants, parameter.words)


def tools_key(tools: Sequence[BrainTool]) -> tuple[Any, ...]:
    """Return what tells one tool set from another: names, descriptions, examples and schemas."""
    return tuple((t.name, t.description, t.examples, repr(t.parameters)) for t in tools)
