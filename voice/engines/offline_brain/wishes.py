"""Finds the wishes in one sentence: several that are joined, or one beside its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice, pairwise

from voice.engines.offline_brain.clauses import REASONS, Part, parts
from voice.engines.offline_brain.entities import Kind
from voice.engines.offline_brain.judging import MISSING_COST, Match
from voice.engines.offline_brain.matching import Matcher
from voice.engines.offline_brain.parameters import FREE, Wants
from voice.engines.offline_brain.sounds import Sounds
from voice.engines.offline_brain.utterance import STATING, Utterance

CERTAIN = 0.9
"""Score from which nothing else can have been meant."""

_PART_FROM = 0.62
"""Score that each of several wishes must have."""

_ALONE_FROM = 0.6
_AHEAD = 0.03
"""Score that a clause must have to be the wish of its sentence, and its lead over the whole."""

_ENOUGH_FROM = 0.57
"""Score from which the whole sentence is read rather than a clause that asks for the same."""

_CLEAR_FROM = 0.85
"""Score of a clause behind which no longer stretch is looked at."""

_AGREED_FROM = 0.48
"""Score that each of two clauses must have that ask for the same."""

_RIVAL = 0.1
"""A clause that asks for another tool, and is no more than this behind, makes it unclear."""

_TOLD = 0.15
"""What a clause loses against an order beside it: "I have the milk, put bread on the list"."""

_POINTED_FROM = 0.25
"""Score with which a clause may still say what "it" in the next one is."""

_MISHEARD_FROM = 0.78
_MAX_MISHEARD = 8
"""Score that a sentence needs with a word exchanged for one of its sound; how many are tried."""

_LIKELY = 4
"""Tools of a clause that are tried with what the other clauses say."""

_MAX_PARTS = 4
_MAX_CUTS = 4
_CUT = re.compile(r"(?:,|;|\.)?\s+(?:and|then|and then|and also|also|plus)\s+|[;,.!?]\s+", re.I)
_AND = re.compile(r"\b(?:and|then|also|plus)\b", re.I)
_POINTING = frozenset({"it", "them"})
_NO_NAMES = REASONS | _POINTING
_REPORTING = frozenset({"said", "sang"})
_TELLING = (STATING - {"like"}) | frozenset("i he she they we you please".split())
_POINTERS = frozenset("it them those these some that this one".split())


class Wishes:
    """Looks for wishes in the parts of sentences, over one tool set."""

    def __init__(self, matcher: Matcher) -> None:
        """Match with ``matcher``."""
        self._matcher = matcher
        self._sounds = Sounds(matcher.index.vocabulary)

    def several(self, text: str, whole: float) -> list[Match]:
        """Return two to four wishes of one sentence, where every part is clear; else none.

        Tries every way to cut the first few places, so "milk and bread" stays together. ``whole``
        is the score of the sentence as one.
        """
        ends = [(0, 0), *_cuts(text), (len(text),) * 2]
        if not 3 <= len(ends) <= _MAX_CUTS + 2:
            return []
        needed = _PART_FROM if whole < CERTAIN else CERTAIN - 0.05
        joined = [_AND.search(text[start:end]) is not None for start, end in ends]
        found: dict[tuple[int, int], tuple[Utterance, Match]] = {}
        for start, end in combinations(range(len(ends)), 2):
            reachable = start == 0 or any(last == start for _, last in found)
            if reachable and (start, end) != (0, len(ends) - 1):
                part = self._part(text[ends[start][1] : ends[end][0]], needed)
                if part is not None:
                    found[start, end] = part
        return _best_chain(found, joined)

    def alone(self, utterance: Utterance, matches: Sequence[Match]) -> Match | None:
        """Return the wish of the clauses that say it clearly, where the whole does not; else None.

        What the clauses lack, the rest of the sentence may tell.
        """
        whole = matches[0].score if matches else 0.0
        is_enough = whole >= _ENOUGH_FROM and self._says_all(matches[0])
        needed = max(_ALONE_FROM, whole + _AHEAD)
        found: list[_Clause] = []
        likely_clauses: list[Match] = []
        is_reported = not _REPORTING.isdisjoint(utterance.words)
        for part in parts(utterance):
            if part.clauses > 1 and any(c.is_clear for c in found):
                break  # longer stretches only cost time
            if is_reported and not _REPORTING.isdisjoint(Utterance(part.before).words):
                continue  # "She said, turn it down": nobody asks us to
            said, likely = self._matcher.read(part.text)
            if not likely or said.is_negated:
                continue
            match, *others = sorted(
                (self._completed(m, part, matches) for m in likely[:_LIKELY]),
                key=lambda m: -m.score,
            )
            likely_clauses += [match] * (part.clauses == 1 and match.score >= _AGREED_FROM)
            if match.missing and whole >= _ALONE_FROM:
                continue
            lead = match.score - (others[0].score if others else 0.0)
            if match.score >= needed and lead >= _AHEAD:
                points = not _POINTERS.isdisjoint(said.core)
                resolved = (points and not said.is_told) and any(
                    name in m.missing for m in likely for name in match.said
                )
                lost = _TOLD * (said.is_told or (points and not resolved))
                found.append(_Clause(match.score - lost, match, part, resolved))
        best = _without_rival(found)
        if best is None and whole < _ENOUGH_FROM:
            best = _agreed(likely_clauses)
        if best is None or best.tool != matches[0].tool:
            return best
        if is_enough:
            return best if best.arguments.keys() > matches[0].arguments.keys() else None
        return self._fuller(best, matches[0])

    def _fuller(self, clause: Match, whole: Match) -> Match:
        """Return a clause's match, with what the whole sentence says where that only goes on.

        "Bananas, yoghurt and a loaf of bread" is one thing to add, "milk, we have none" is not.
        """
        if not self._says_all(whole):
            return clause
        parameters = self._matcher.index.parameters[clause.tool]
        for name, short in clause.arguments.items():
            full = whole.arguments.get(name)
            if parameters[name].wants in FREE and str(full).startswith(str(short)):
                if _tells(Utterance(str(full)[len(str(short)) :])):
                    return clause
            elif full != short:
                return clause
        return replace(clause, arguments=whole.arguments, said=whole.said)

    def _says_all(self, match: Match) -> bool:
        """Return whether nothing is missing, and no name holds a reason or an "it" of its own."""
        parameters = self._matcher.index.parameters[match.tool]
        names = (
            said.lower().split()
            for name, said in match.said.items()
            if parameters[name].wants in (Wants.NAME, Wants.PLACE)
        )
        return not match.missing and all(_NO_NAMES.isdisjoint(words) for words in names)

    def misheard(self, utterance: Utterance) -> Match | None:
        """Return what was meant if one word was heard as another of its sound; None for nothing.

        Only a wish that is then said all but exactly counts: this looks where nothing else fits.
        """
        best: Match | None = None
        tokens, text = utterance.tokens, utterance.text
        for start, end, word in islice(self._sounds.alternatives(utterance.words), _MAX_MISHEARD):
            said = f"{text[: tokens[start].start]}{word}{text[tokens[end - 1].end :]}"
            again, matches = self._matcher.read(said)
            if matches and not matches[0].missing and not again.is_statement:
                if matches[0].score >= max(_MISHEARD_FROM, best.score if best else 0.0):
                    best = matches[0]
        return best

    def _completed(self, match: Match, part: Part, whole: Sequence[Match]) -> Match:
        """Return a clause's match with what the other clauses say of its arguments."""
        parameters = self._matcher.index.parameters[match.tool]
        there = next((m for m in whole if m.tool == match.tool), None)
        arguments, said = dict(match.arguments), dict(match.said)
        for name, parameter in parameters.items():
            if name in arguments:
                continue
            source = there
            if parameter.wants in FREE:
                source = self._pointed(match.tool, part) if name in match.missing else None
            if source is not None and name in source.arguments:
                arguments[name], said[name] = source.arguments[name], source.said[name]
        missing = tuple(name for name in match.missing if name not in arguments)
        score = match.score + MISSING_COST * (len(match.missing) - len(missing))
        return replace(match, score=score, arguments=arguments, said=said, missing=missing)

    def _pointed(self, tool: int, part: Part) -> Match | None:
        """Return what the words before a clause say of the thing that its "it" means."""
        before = Utterance(part.before)
        found = self._matcher.match(before, only=tool) if before.words else []
        return found[0] if found and found[0].score >= _POINTED_FROM else None

    def _part(self, text: str, needed: float) -> tuple[Utterance, Match] | None:
        utterance, matches = self._matcher.read(text)
        if len(utterance.core) < 2 or (utterance.core[-1] in _POINTING and len(utterance.core) > 2):
            return None  # "would you time it" speaks of what was said before
        clear = matches and matches[0].score >= needed and not matches[0].missing
        return (utterance, matches[0]) if clear else None


def _tells(rest: Utterance) -> bool:
    """Return whether words that follow a name tell or ask for something of their own."""
    words = set(rest.words)
    return rest.is_question or not (_TELLING.isdisjoint(words) and _NO_NAMES.isdisjoint(words))


def _agreed(clauses: Sequence[Match]) -> Match | None:
    """Return what two clauses ask for together: "I can hardly hear you, speak up"."""
    whole = [m for m in clauses if not m.missing]
    alike = len(clauses) > 1 and len({m.tool for m in clauses}) == 1
    return max(whole, key=lambda m: m.score) if alike and whole else None


@dataclass(frozen=True, slots=True)
class _Clause:
    """A clause that may be the wish: what it is worth beside the others, and what it asks for.

    ``is_resolved`` says that its "it" was found in what stands before.
    """

    worth: float
    match: Match
    part: Part
    is_resolved: bool

    @property
    def is_clear(self) -> bool:
        """Whether it says all that its tool needs, so well that no more is looked for."""
        return self.worth >= _CLEAR_FROM and not self.match.missing


def _without_rival(found: Sequence[_Clause]) -> Match | None:
    """Return the best of the clauses, those that lack nothing first; None beside a rival.

    What an "it" points to is told before the wish, and no rival.
    """
    if not found:
        return None
    best = max(
        found,
        key=lambda c: (not c.match.missing, c.is_resolved, c.worth + _TOLD * bool(c.match.said)),
    )
    is_rivalled = any(
        other.match.tool != best.match.tool
        and other.worth > best.worth - _RIVAL
        and not other.match.missing
        and not (best.is_resolved and other.part.text in best.part.before)
        for other in found
    )
    return None if is_rivalled else best.match


def _best_chain(
    found: dict[tuple[int, int], tuple[Utterance, Match]], joined: Sequence[bool]
) -> list[Match]:
    """Return the parts, end to end, of which the weakest is strongest; each wish once.

    ``joined`` says of each place between parts whether an "and" stands there.
    """
    ends = len(joined)
    best: list[Match] = []
    for count in range(1, min(ends - 2, _MAX_PARTS - 1) + 1):
        for inner in combinations(range(1, ends - 1), count):
            chain = pairwise((0, *inner, ends - 1))
            read = [found[piece] for piece in chain if piece in found]
            matches = [match for _, match in read]
            is_whole = len(read) == count + 1 and not any(
                _goes_on(a, b, is_joined=joined[place])
                for place, (a, b) in zip(inner, pairwise(read), strict=True)
            )
            # "I've got a flight, so wake me at four": what is told is the reason.
            is_whole = is_whole and len({said.is_told for said, _ in read}) == 1
            if is_whole and _weakest(matches) > _weakest(best):
                best = matches
    once: list[Match] = []
    for i, match in enumerate(best):  # "I didn't mean that, undo it" is one wish, said twice
        others = (*once, *best[i + 1 :])
        if any(_says_less(match, other) for other in others):
            return []  # "what is it like on Saturday in Oslo, weather-wise" is one wish
        if all((m.tool, m.arguments) != (match.tool, match.arguments) for m in once):
            once.append(match)
    return once


def _says_less(match: Match, other: Match) -> bool:
    """Return whether another match of the same tool says all that this one does, and more."""
    return match.tool == other.tool and match.arguments.items() < other.arguments.items()


def _goes_on(
    first: tuple[Utterance, Match], second: tuple[Utterance, Match], *, is_joined: bool
) -> bool:
    """Return whether two parts are one wish: "we are out of milk, put some on the list"."""
    is_same = first[1].tool == second[1].tool or first[0].is_told or not is_joined
    return is_same and not _POINTERS.isdisjoint(second[0].core)


def _cuts(text: str) -> list[tuple[int, int]]:
    """Return the places between two wishes; none within "an hour and twenty minutes"."""
    utterance = Utterance(text)
    tokens = utterance.tokens
    inner = [
        (tokens[e.start].start, tokens[e.end - 1].end)
        for e in utterance.of(Kind.DURATION, Kind.EXPRESSION, Kind.NUMBER)
    ]
    found = ((m.start(), m.end()) for m in _CUT.finditer(text))
    return [cut for cut in found if not any(s < cut[0] < e for s, e in inner)]


def _weakest(matches: Sequence[Match]) -> float:
    return min((m.score for m in matches), default=0.0)
