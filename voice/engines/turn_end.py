"""Whether the speaker has finished, judged from the words so far."""

from __future__ import annotations

import re

from voice.engines import turn_end_words as table

COMPLETE = 0.9
UNKNOWN = 0.5
INCOMPLETE = 0.1

_TOKEN = re.compile(r"[a-z0-9]+(?:['.:%-][a-z0-9]+)*%?")
_TRAILING_OFF = ("-", "\u2014", "\u2013", "...", "\u2026", ":", ";")


class WordsTurnEnd:
    """Rules about English words that implement ``ports.TurnEnd``; needs no model and no state.

    Punctuation is weak evidence: the recogniser puts full stops behind speech that was cut off and
    commas behind sentences that are whole. So the words decide, and a comma only tips the balance
    where they do not, or where a list may go on.
    """

    def probability(self, transcript: str) -> float:
        """Return 0.9 for words that look complete, 0.1 for ones that go on, 0.5 where unsure."""
        text = transcript.strip().lower().replace("\u2019", "'")
        words = _TOKEN.findall(text)
        if not words:
            return UNKNOWN
        verdict = _judge(words)
        if text.endswith(_TRAILING_OFF):
            return UNKNOWN if verdict == COMPLETE else INCOMPLETE
        if text.endswith(","):
            return _with_comma(words, verdict)
        return verdict


def _with_comma(words: list[str], verdict: float) -> float:
    """A comma behind a short or listing turn means that more may come."""
    core = _core(words)
    if verdict != COMPLETE:
        return UNKNOWN if set(core) <= table.OPENERS - table.FILLERS else INCOMPLETE
    return UNKNOWN if len(core) < 3 or core[0] in table.LIST_VERBS else COMPLETE


def _core(words: list[str]) -> list[str]:
    """Return the words without "hey", "okay", "um" before and "please", "now" behind them."""
    start, end = 0, len(words)
    while start < end - 1 and words[start] in table.OPENERS:
        start += 1
    while end - start > 2 and words[end - 1] in table.COURTESIES:
        end -= 1
    return words[start:end]


def _judge(words: list[str]) -> float:
    if len(words) == 1:
        return _judge_one(words[0])
    if words[-1] in table.FILLERS:
        return INCOMPLETE
    if table.COURTEOUS_ANSWERS.fullmatch(" ".join(words)):
        return COMPLETE
    core = _core(words)
    if len(core) == 1:
        return _judge_one(core[0])
    if _is_number(core[-1]):
        return _judge_number(core)
    verdict = _judge_pattern(core)
    return _judge_last(core) if verdict is None else verdict


def _judge_pattern(core: list[str]) -> float | None:
    """Judge the turn as a whole, and its part after the last "and"; None where no pattern fits."""
    text = " ".join(core)
    if table.COMPLETE_TURNS.fullmatch(text) or table.COMPLETE_ENDINGS.fullmatch(text):
        return COMPLETE
    if table.SHORT_ANSWERS.fullmatch(text) or table.LENGTH_OF_TIME.fullmatch(text):
        return COMPLETE
    if table.UNSURE_TURNS.fullmatch(text):
        return UNKNOWN
    clause = text.rpartition(" and ")[2]
    if table.INCOMPLETE_TURNS.fullmatch(text) or table.INCOMPLETE_TURNS.fullmatch(clause):
        return INCOMPLETE
    is_when = core[0] == "when" and core[1] not in table.AUXILIARIES
    if core[0] in table.SUBORDINATE or is_when:
        return INCOMPLETE if len(core) < 7 else UNKNOWN
    return None


def _judge_one(word: str) -> float:
    if word in table.WHOLE_TURNS:
        return COMPLETE
    hangs = word in table.ALWAYS_HANGING | table.OBJECT_HUNGRY | table.AUXILIARIES
    return INCOMPLETE if hangs or word in table.SUBJECTS | table.PREPOSITIONS else UNKNOWN


def _judge_last(core: list[str]) -> float:
    """Judge by the last word and the one before it."""
    before, last = core[-2], core[-1]
    if last in table.ALWAYS_HANGING or last in table.OBJECT_HUNGRY:
        return INCOMPLETE
    if last in table.AUXILIARIES:
        return COMPLETE if _embeds_question(core) else INCOMPLETE
    if last in table.PRONOUNS:
        return _judge_pronoun(core)
    if last == "me":
        return INCOMPLETE if before in table.ASKS_FOR_MORE else COMPLETE
    if last in table.PREPOSITIONS:
        return _judge_preposition(core)
    if last in table.PARTICLES:
        bare = len(core) == 2 and before in table.TRANSITIVE
        return INCOMPLETE if bare else COMPLETE
    if last in table.QUESTION_WORDS or last in table.DENIALS or last in ("this", "that", "more"):
        return UNKNOWN
    return _judge_object(core)


def _judge_object(core: list[str]) -> float:
    """Judge words that end in a plain word: complete, unless it may only be half of what it is."""
    if core[0] == "add" and not any(word in ("to", "on") for word in core):
        return UNKNOWN
    if core[-2] in ("the", "a", "an") and core[0] in ("add", "put") and "to" in core:
        return COMPLETE if core[-1] == "list" else UNKNOWN
    return COMPLETE


def _embeds_question(core: list[str]) -> bool:
    """Return whether the words are like "tell me what time it is" or "do you know who that was"."""
    inner = core[1:-1]
    return any(word in table.QUESTION_WORDS for word in inner) and len(core) >= 5


def _judge_pronoun(core: list[str]) -> float:
    """Judge words that end in a pronoun: "what do you" goes on, "call it" does not."""
    before, last = core[-2], core[-1]
    if before in table.AUXILIARIES:
        return INCOMPLETE
    if last in table.SUBJECTS or before in table.ALWAYS_HANGING | {"that", "when", "what", "how"}:
        return INCOMPLETE
    return COMPLETE


def _asks(core: list[str]) -> bool:
    """Return whether the words begin as a question does: "what", "what's"."""
    return core[0].partition("'")[0] in table.QUESTION_WORDS


def _judge_preposition(core: list[str]) -> float:
    last = core[-1]
    if _asks(core) and last in table.STRANDED and "time" not in core:
        return COMPLETE
    if last == "on" and any(word in table.SWITCHES for word in core[:-1]) and len(core) > 2:
        return UNKNOWN if core[0] == "put" else COMPLETE
    return INCOMPLETE


def _judge_number(core: list[str]) -> float:
    """Judge words that end in a number: a sum or a clock time may be complete, a length is not."""
    digits = sum(_digits(word) for word in core)
    if digits >= 3 and not _digits_are_one_number(core):
        return COMPLETE if digits in (7, 10, 11) else INCOMPLETE
    if any(word in table.SPELLED_THINGS for word in core):
        return INCOMPLETE
    last = core[-1]
    if core[:-1] in (["what's"], ["what", "is"]) or core[-2] in ("a", "an", "convert"):
        return INCOMPLETE
    if last in table.TENS:
        # "eighty" may become "eighty five", but nobody pauses inside a number of a question.
        return COMPLETE if _asks(core) else UNKNOWN
    if "timer" in core or core[-2] == "in":
        is_year = last.isdigit() and len(last) == 4
        return COMPLETE if is_year else INCOMPLETE
    if core[-2] in ("for", "at", "to", "add", "and"):
        return COMPLETE if ":" in last or last.endswith("%") else UNKNOWN
    return COMPLETE


def _is_number(word: str) -> bool:
    return word[0].isdigit() or word in table.NUMBERS


def _digits(word: str) -> int:
    """Return how many digits of a spelled number a word is."""
    if word in table.ONES:
        return 1
    return sum(character.isdigit() for character in word)


def _digits_are_one_number(core: list[str]) -> bool:
    """Return whether at most two words are numbers, as in a year, a sum or a price."""
    return sum(1 for word in core if _digits(word)) <= 2 and "-" not in "".join(core)
