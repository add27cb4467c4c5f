"""Takes out of what was said what people say on the way to it: fillers, stutters, corrections."""

from __future__ import annotations

import re
from collections.abc import Sequence

from voice.engines.offline_brain.entities import Entity, Kind, find_entities
from voice.engines.offline_brain.numbers import read_number
from voice.engines.offline_brain.tokens import Token, tokenize, words_of

MAX_CHARS = 1_000
"""Characters that are read; a request is never longer."""

MAX_WORDS = 60
"""Words that are mended; what follows them stays as it was said."""

MAX_CORRECTIONS = 8
"""Corrections that are followed in one request."""

_SOUND = r"(?:[Uu]+m+|[Uu]+h+|[Ee]+r+m*|[Aa]+h+|[Hh]+m+)"
"""Sounds of hesitation; in capitals they are a name: "the ER"."""

_HUM = r"[Mm]m{2,}"
"""Only set off by a pause: "m" and "mm" are units, and "M" is somebody."""

_ASIDE = r"(?i:you know|let us see|let's see|let me see|let me think)"
_SEARCH = r"(?i:what was it|how do you say|what is it called|what's it called)"
"""Questions to oneself; to somebody else at the end of a sentence."""

_IN_COMMAS = re.compile(
    rf"([,.;])\s*(?:{_SOUND}|{_HUM}|{_ASIDE})(?:\s*,|\s*\.{{2,}}|(?=[.?!]|$))"
    rf"|(,)\s*{_SEARCH}(?:\s*,|\s*\.{{2,}})"
)
_BARE = re.compile(rf"(?:^|(?<=\s))(?:{_SOUND}(?:[,.]+\s+|\s+(?=\S))|{_HUM}[,.]+\s+)")
_MEASURED = re.compile(r"(?:to|in|into|as|of|are|is|long|wide|thick|high|deep)\b", re.I)
"""What follows a unit and no sound: "ten um in inches"."""

_PARENTHESES = re.compile(
    r",\s*(?:like|i think|i guess|i suppose|i believe|if you will|you see|well|please|so)\s*(?=,)",
    re.I,
)
_ADDRESS = re.compile(
    r"((?:can|could|would|will) you|please|hey|hello|okay|ok|right|thanks),\s*"
    r"(?:dear|love)\s*(?=,)",
    re.I,
)
_SAY = re.compile(r",\s*(?:say|let us say|let's say)\s*(?=,)", re.I)
_LETS_SAY = re.compile(r"(?<=\w)\s+(?:let's say|let us say),?(?=\s)", re.I)
_LIKE_FIRST = re.compile(r"^\s*like,\s+", re.I)
_FREE_TEXT = re.compile(
    r"^\W*(?:(?:please|can you|could you|would you|will you|also|and),?\s+)*(?:note|remember|write|"
    r"text|message|email|dictate|say|send|tell (?!me\b|us\b))",
    re.I,
)
"""Orders behind which words are kept for somebody: no word of theirs is a filler."""

_HANGING = re.compile(r"\b(a|an|the|my|for|to|at|of|from),(?=\s)(?!\s+\w\b)")
"""A pause behind a small word ends no clause: somebody looks for the next word."""

_PAUSE = r"(?:\s*(?:,|–|—|…|\.{2,})\s*|\s+-\s+)"
_STUTTER = re.compile(
    rf"\b(?!\d)([^\W\d_]['’\w]*(?:\s+[^\W\d_]['’\w]*){{0,3}})(?:{_PAUSE}|\s+)\1\b(?!['’-])", re.I
)
_SPELLED = re.compile(
    r"\b(?:code|pin|password|passcode|passphrase|combination|plate|serial|iban|number|spelled|spelt)\b",
    re.I,
)
"""Behind these words every letter and digit counts, in the order in which it was said."""

_SMALL = frozenset(
    "the a an my your our i we you it he she in on at to for of and is are was that this can could "
    "would will what where when how do did set put add from with if so".split()
)
"""Words that are said twice only by a stutter; other words need a pause between."""

_MARKERS = frozenset(
    tuple(line.split())
    for line in (
        "no wait", "no sorry", "sorry no", "no actually", "actually no", "no make that",
        "no make it", "actually make that", "actually make it", "make that", "or rather",
        "or better", "i mean", "no i mean", "i meant", "no i meant", "sorry i mean",
        "sorry i meant", "scratch that", "correction", "wait no", "oh no", "wait", "rather",
        "no scratch that", "sorry", "no", "actually", "no not that", "no hang on", "hang on no",
        "or no", "well no", "no rather", "no better", "better make that", "better make it",
        "no let us say", "let us say", "no let us make it", "let us make it", "hang on",
        "no wait make that", "no wait make it", "wait make that", "wait make it",
        "no sorry i mean", "no sorry i meant", "no sorry make that", "no sorry make it",
        "sorry make that", "sorry make it", "wait actually", "actually sorry", "oh wait",
        "oh sorry", "oh wait no", "oh no wait", "wait sorry", "no wait sorry", "my mistake",
        "no my mistake", "or actually", "no maybe", "hold on", "no hold on",
        "make it",
    )
)  # fmt: skip
_MARKER_HEADS = frozenset(marker[0] for marker in _MARKERS)
_LONGEST_MARKER = max(len(marker) for marker in _MARKERS)
_LIGHT = frozenset({("no",), ("sorry",), ("wait",), ("actually",), ("rather",), ("make", "it"),
                    ("let", "us", "say"), ("make", "that"), ("hang", "on"),
                    ("hold", "on")})  # fmt: skip
"""Markers that also mean something else: between words without a form they need a pause."""

_EXPLICIT = frozenset("make scratch mean meant correction mistake rather".split())
"""Words of the markers that also correct the sentence before; "sorry" does so for a form."""

_TELLING = _EXPLICIT | {"sorry"}
_STOP = re.compile(r"(?<!\.)\.(?!\.)|[?!]")

_LEADS = frozenset("at for to in on by the a an it until till from with".split())
_REACH = 7
"""How many words before a correction the words may stand that it replaces."""


def mended(text: str) -> str:
    """Return ``text`` as its speaker meant it in the end.

    "Um, set, set a timer for five, no, six minutes" gives "set a timer for six minutes". Only
    words are left out, so what remains stands as it was heard; never empty where ``text`` is not.
    What could be meant as it was said stays. Reads 1000 characters and mends 60 words.
    """
    text = text[:MAX_CHARS]
    tokens = tokenize(text)
    cut = tokens[MAX_WORDS].start if len(tokens) > MAX_WORDS else len(text)
    made = _without_corrections(_without_stutters(_without_fillers(text[:cut])))
    return made + text[cut:] if tokenize(made) else text


def _without_fillers(text: str) -> str:
    def unless_unit(match: re.Match[str]) -> str:
        counted = _is_behind_a_number(text, match.start())
        return match[0] if counted and _MEASURED.match(text, match.end()) else ""

    text = _IN_COMMAS.sub(lambda match: match[1] or match[2], text)
    text = _BARE.sub(unless_unit, text)
    if _FREE_TEXT.match(text):
        return text
    for filler in (_PARENTHESES, _SAY, _LETS_SAY, _LIKE_FIRST):
        text = filler.sub("", text)
    return _HANGING.sub(r"\1", _ADDRESS.sub(r"\1", text))


def _is_behind_a_number(text: str, at: int) -> bool:
    """Return whether the word before ``at`` is a number, with no pause between."""
    before = text[max(0, at - 30) : at].lower().split()[-1:]
    return read_number(before, 0) is not None


def _without_stutters(text: str) -> str:
    spelled = _SPELLED.search(text)
    end = spelled.end() if spelled else len(text)

    def once(match: re.Match[str]) -> str:
        is_kept = match.start() >= end or not _is_stutter(text, match)
        return match[0] if is_kept else match[0][-len(match[1]) :]

    return _STUTTER.sub(once, text)


def _is_stutter(text: str, match: re.Match[str]) -> bool:
    """Return whether the words are said twice by mistake, and not because both are meant."""
    said = match[1].lower()
    words = words_of(tokenize(said))
    if any(e.start == 0 for e in find_entities(words)):
        return False
    spelled = all(len(word) == 1 for word in said.split())
    if spelled and (" " in said or not re.match(r"\s+\w{2,}", text[match.end() :])):
        return False  # "vitamin a a b", "b a n a n a"
    paused = not match[0][len(said) : -len(said)].isspace()
    is_first = re.search(r"\w\W*$", text[: match.start()]) is None
    if len(said.split()) == 1:  # "milk, milk chocolate" is two things
        return words[0] in _SMALL or (paused and is_first)
    return paused or (words[0] in _SMALL and words[0] != "and")


def _without_corrections(text: str) -> str:
    """Leave out what later words replace, from the last correction to the first; eight at most."""
    for _ in range(MAX_CORRECTIONS):
        mended_once = _without_last_correction(text)
        if mended_once is None:
            break
        text = mended_once
    return text


def _without_last_correction(text: str) -> str | None:
    """Leave out what the last correction replaces; None where there is none."""
    tokens = tokenize(text)
    words = words_of(tokens)
    if not any(word in _MARKER_HEADS for word in words):
        return None
    entities = find_entities(words)
    for at in range(len(words) - 1, 0, -1):
        end = at + len(_marker_at(words, at))
        first = _replaced(text, tokens, entities, at, end) if end > at else None
        if first is not None:
            return text[: tokens[first].start] + text[tokens[end].start :]
    return None


def _marker_at(words: Sequence[str], at: int) -> tuple[str, ...]:
    """Return the longest marker that begins at ``at``; empty for none, or a part of a longer."""
    if words[at] not in _MARKER_HEADS:
        return ()
    for length in range(_LONGEST_MARKER, 0, -1):
        said = tuple(words[at : at + length])
        if said in _MARKERS and at + length < len(words):
            if any(tuple(words[at - 1 : at + n]) in _MARKERS for n in range(length, 4)):
                return ()
            return said
    return ()


def _replaced(
    text: str, tokens: Sequence[Token], entities: Sequence[Entity], at: int, end: int
) -> int | None:
    """Return the first word that the words from ``end`` replace; None for no correction."""
    words = words_of(tokens)
    start = end
    while start < len(words) and words[start] in _LEADS:
        start += 1
    spelled = _SPELLED.search(text, 0, tokens[at].start) is not None
    crosses = _crosses(text, tokens, at, end)
    kinds = {e.kind for e in entities if e.start in (start, end)}
    before = [e for e in entities if e.end <= at and e.kind in kinds and at - e.end <= 1]
    if before:
        old = [e for e in before if e.end == max(b.end for b in before)]
        first = _first_of_form(words, entities, old, start, spelled)
        if first is None or not _is_meant(text, tokens, (first, at, end)):
            return None
        if crosses and not _is_alone(text, tokens, entities, (old[0].end, at, start)):
            return None
        led = start - end  # "at seven, sorry, at eight": the small words are said again, too
        while led and words[max(0, first - led) : first] != words[end : end + led]:
            led -= 1
        return first - led
    if spelled or words[at] == "oh" or (crosses and _EXPLICIT.isdisjoint(words[at:end])):
        return None
    if tuple(words[at:end]) in _LIGHT and not _is_apart(text, tokens, at, end):
        return None
    again = [i for i in range(max(0, at - _REACH), at) if words[i] == words[end]]
    if again and (words[end] in _LEADS or words[end] in _SMALL or again[-1] == 0):
        return again[-1]
    return None


def _first_of_form(
    words: Sequence[str],
    entities: Sequence[Entity],
    old: Sequence[Entity],
    start: int,
    spelled: bool,
) -> int | None:
    """Return where the form that ``old`` are readings of begins; None where it must stay.

    Numbers said one behind another are one run, which only a run of as many replaces, unless both
    are wholly of another kind, as times are. In what is ``spelled`` letters beside them forbid it.
    """
    first, last = min(e.start for e in old), old[0].end
    numbers = [e for e in entities if e.kind is Kind.NUMBER]
    said, run_start = 0, last
    for entity in reversed(numbers):
        if entity.end == run_start:
            said, run_start = said + 1, entity.start
    again, run_end = 0, start
    for entity in numbers:
        if entity.start == run_end:
            again, run_end = again + 1, entity.end
    kinds = {e.kind for e in old if e.start <= run_start and e.kind is not Kind.NUMBER}
    wholly = any(e.kind in kinds and e.start == start and e.end >= run_end for e in entities)
    if max(said, again) <= 1 and not spelled:
        return first
    if wholly and not (spelled and said):
        return first
    beside = [*words[max(0, run_start - 1) : run_start], *words[last : last + 1]]
    beside += words[run_end : run_end + 1]
    if said != again or (spelled and any(len(w) == 1 and w.isalpha() for w in beside)):
        return None
    digits = ["".join(words[a:b]) for a, b in ((run_start, last), (start, run_end))]
    if spelled and all(d.isdigit() for d in digits) and len(digits[0]) != len(digits[1]):
        return None
    return min(first, run_start)


def _is_meant(text: str, tokens: Sequence[Token], stretch: tuple[int, int, int]) -> bool:
    """Return whether the marker ``[at, end)`` behind the form at ``first`` means a correction."""
    first, at, end = stretch
    if _is_apart(text, tokens, at, end):
        return True
    marker = [token.text for token in tokens[at:end]]
    if marker == ["no"]:  # "no 5, no 6"
        return first == 0 or tokens[first - 1].text != "no"
    waits = marker in (["wait"], ["hang", "on"], ["hold", "on"])
    is_order = _pause(text, tokens, at) or tokens[at - 1].text in ("then", "and", "to", "please")
    return not (waits and is_order)  # "boil 5 minutes, wait 10 minutes"


def _is_alone(
    text: str, tokens: Sequence[Token], entities: Sequence[Entity], stretch: tuple[int, int, int]
) -> bool:
    """Return whether a form in the next sentence is all there is: "at six. No, seven."."""
    last, at, start = stretch
    if _TELLING.intersection(t.text for t in tokens[at:start]):
        return True
    end = max((e.end for e in entities if e.start == start), default=start)
    return last == at and end == len(tokens) and _pause(text, tokens, at).strip() == "."


def _pause(text: str, tokens: Sequence[Token], at: int) -> str:
    """Return what stands between the words before ``at``, if more than space."""
    between = text[tokens[at - 1].end : tokens[at].start]
    return between if any(c in ",;.-–—…?!" for c in between) else ""


def _crosses(text: str, tokens: Sequence[Token], at: int, end: int) -> bool:
    """Return whether a sentence ends right before or right behind the words ``[at, end)``."""
    between = [_pause(text, tokens, at), _pause(text, tokens, end)]
    return any(_STOP.search(pause) for pause in between)


def _is_apart(text: str, tokens: Sequence[Token], at: int, end: int) -> bool:
    """Return whether the words ``[at, end)`` stand between two pauses."""
    return bool(_pause(text, tokens, at)) and bool(_pause(text, tokens, end).strip(" ?!"))
