"""Reads one utterance by itself: which calls it asks for, what to ask back, or what to say."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from voice.engines.offline_brain import offers
from voice.engines.offline_brain.judging import Match
from voice.engines.offline_brain.matching import Matcher
from voice.engines.offline_brain.parameters import Parameter
from voice.engines.offline_brain.repairs import mended
from voice.engines.offline_brain.smalltalk import CANCEL, NO, YES, Topic, is_one_of, topic_of
from voice.engines.offline_brain.templates import Slot, phrase, without_slot
from voice.engines.offline_brain.tokens import tokenize, words_of
from voice.engines.offline_brain.utterance import Utterance
from voice.engines.offline_brain.wishes import CERTAIN, Wishes

RUN_FROM = 0.57
"""Score from which a call is made. Measured on the phrasings in the tests: right readings score
0.47 and more, sentences that ask for no tool 0.46 and less."""

ASK_FROM = 0.48
"""Score from which it is worth asking "did you mean"."""

_MARGIN = 0.03
_LONE = 0.1
_WHOLE = 0.1
"""Lead over the next tool that makes a doubtful match clear."""

_MAX_CHARS = 1_000
_KEPT_READINGS = 64
_MAX_CHOICES_TOLD = 3

ENGLISH_ONLY = f"I understand only English by myself; for other languages, {offers.HOW_TO_CONNECT}."
NO_WORDS = "Sorry, I did not hear any words."
NOT_ALLOWED = "I may not use my tools for this answer."
WILL_NOT = "All right, I will not do that."
ALL_RIGHT = "All right."


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A tool, by its index in the tool set, and its arguments."""

    tool: int
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Calls:
    """Make these calls, in order."""

    calls: tuple[PlannedCall, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for the parameter that ``match`` lacks."""

    match: Match
    parameter: str
    text: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """Ask whether ``match`` was meant."""

    match: Match
    text: str


@dataclass(frozen=True, slots=True)
class Chat:
    """Make small talk."""

    topic: Topic


@dataclass(frozen=True, slots=True)
class Say:
    """Say a text."""

    text: str


Reading: TypeAlias = Calls | Ask | Confirm | Chat | Say

_KNOWLEDGE = frozenset(
    "who what when where why how which whose is are was were do does did can could should would "
    "will explain describe translate summarize summarise write compose define tell recommend "
    "suggest imagine discuss compare".split()
)


class Reader:
    """Reads utterances against one tool set; keeps the last few readings."""

    def __init__(self, matcher: Matcher) -> None:
        """Read with ``matcher``."""
        self.matcher = matcher
        self.tools = matcher.index.tools
        self._wishes = Wishes(matcher)
        self._kept: OrderedDict[tuple[str, str], Reading] = OrderedDict()

    def read(self, text: str, tool_choice: str = "auto") -> Reading:
        """Return what ``text`` asks for under ``tool_choice``; pure, so the same for the same."""
        text = text[:_MAX_CHARS]
        key = (text, tool_choice)
        if key not in self._kept:
            self._kept[key] = self._read(text, tool_choice)
            if len(self._kept) > _KEPT_READINGS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _read(self, text: str, tool_choice: str) -> Reading:
        text = mended(text)
        utterance = Utterance(text)
        if not utterance.words:
            return Say(NO_WORDS)
        if tool_choice.startswith("name:"):
            return self._named(utterance, tool_choice.removeprefix("name:"))
        matches = self.matcher.match(utterance)
        if tool_choice == "required" and matches:
            return self.act(matches[0])
        wish = self._wish(utterance, matches, text)
        if tool_choice == "none" and isinstance(wish, Calls | Ask | Confirm):
            return Say(NOT_ALLOWED)
        return wish

    def act(self, match: Match) -> Calls | Ask:
        """Return the call, or the question for the first parameter that is missing."""
        if not match.missing:
            return Calls((PlannedCall(match.tool, match.arguments),))
        name = match.missing[0]
        parameter = self.matcher.index.parameters[match.tool][name]
        return Ask(match, name, offers.question_for(parameter))

    def _wish(self, utterance: Utterance, matches: Sequence[Match], text: str) -> Reading:
        """Weigh the matches against small talk, refusal and several wishes at once."""
        matches = _whole_first(utterance, matches)
        top = matches[0] if matches else None
        score = top.score if top else 0.0
        if score < CERTAIN and (talk := _small_talk(utterance)) is not None:
            return talk
        if utterance.is_negated and score < RUN_FROM:
            return Say(WILL_NOT) if score > 0.05 else self._lost(utterance, matches)
        if several := self._wishes.several(text, score):
            return Calls(tuple(PlannedCall(m.tool, m.arguments) for m in several))
        if score < CERTAIN and (alone := self._wishes.alone(utterance, matches)):
            return self.act(alone)
        if score < RUN_FROM and (misheard := self._wishes.misheard(utterance)):
            return self.act(misheard)
        if top is None or score < ASK_FROM:
            return self._lost(utterance, matches)
        if _is_clear(utterance, top, matches[1] if len(matches) > 1 else None):
            return self.act(top)
        return Confirm(top, self._did_you_mean(top, utterance))

    def _did_you_mean(self, match: Match, utterance: Utterance) -> str:
        """Ask back so that it can be heard what a yes would do.

        The user's own words say nothing of the tool; what it does is told beside them.
        """
        asked = _phrase(match, self.matcher.index.parameters[match.tool])
        if set(words_of(tokenize(asked))) <= set(utterance.words):
            return offers.should_i(self.tools[match.tool], asked)
        return offers.did_you_mean(asked)

    def _named(self, utterance: Utterance, name: str) -> Reading:
        """Fill the one tool that must be called."""
        index = next((i for i, tool in enumerate(self.tools) if tool.name == name), None)
        if index is None:
            return Say(f"There is no tool called {name}.")
        return self.act(self.matcher.fill(index, utterance))

    def _lost(self, utterance: Utterance, matches: Sequence[Match]) -> Say:
        """Say honestly that nothing fits, and what would."""
        letters = [c for c in utterance.text if c.isalpha()]
        if sum(c.isascii() for c in letters) < len(letters) / 2:
            return Say(ENGLISH_ONLY)
        likely = [m.tool for m in matches[:3] if m.score > 0.2]
        core = utterance.core
        if utterance.is_question or (core and core[0] in _KNOWLEDGE):
            return Say(offers.needs_model(self.tools, likely))
        return Say(offers.not_understood(self.tools, likely))


def _whole_first(utterance: Utterance, matches: Sequence[Match]) -> Sequence[Match]:
    """Return the matches of a question so that one that lacks nothing is before its like.

    "Do I have any alarms tomorrow" asks for those that are set, and sets none.
    """
    if len(matches) < 2 or not (utterance.asks and matches[0].missing):
        return matches
    is_like = matches[0].score - matches[1].score < _WHOLE and not matches[1].missing
    return [matches[1], matches[0], *matches[2:]] if is_like else matches


def _is_clear(utterance: Utterance, top: Match, second: Match | None) -> bool:
    """Say whether the best match is good enough, and far enough from the next, to act on it."""
    if top.score >= CERTAIN:
        return True
    ahead = top.score - (second.score if second else 0.0)
    if second and second.missing and not top.missing:
        ahead = max(ahead, _LONE)
    elif second and top.missing and not second.missing:
        ahead -= _WHOLE
    if top.score >= RUN_FROM:
        return ahead >= _MARGIN
    return ahead >= _LONE and top.is_named and not utterance.is_statement


def _small_talk(utterance: Utterance) -> Reading | None:
    words, core = utterance.words, utterance.core
    if topic := topic_of(core, words):
        return Chat(topic)
    if any(is_one_of(phrases, words, core) for phrases in (CANCEL, NO, YES)):
        return Say(ALL_RIGHT)
    return None


def _phrase(match: Match, parameters: Mapping[str, Parameter]) -> str:
    """Say a match in the words of its example; of a few choices that were not said, all."""
    template, said = match.template, dict(match.said)
    for element in match.template:
        if not isinstance(element, Slot) or element.name in said:
            continue
        choices = parameters[element.name].choices
        if 0 < len(choices) <= _MAX_CHOICES_TOLD and not parameters[element.name].required:
            said[element.name] = " or ".join(str(choice) for choice in choices)
        else:
            template = without_slot(template, element.name)
    return phrase(template, said)
