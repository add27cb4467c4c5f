"""Whether the speaker has finished, judged from the words so far."""

from __future__ import annotations

import re

COMPLETE = 0.9
UNKNOWN = 0.5
INCOMPLETE = 0.1

_WORD = re.compile(r"[a-z0-9]+(?:['.,:][a-z0-9]+)*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HANGING = _words(
    "a an the my your his her its our their this these every each some any no "
    "and or but nor because so than as if whether unless until while although since "
    "of to from with without into onto at by for per between among under via "
    "is are was were be been am do does did have has had will would can could should shall may might "
    "must i'm you're we're they're it's that's what's there's i'll you'll i'd let's gonna wanna "
    "very really quite too more most another other what which whose how where who when why "
    "um uh uhm erm hmm er ah well like actually please can't don't i you we they he she "
    "set add tell give put make play send call convert remind turn plus minus times divided"
)
"""Words after which English goes on. Some do end a sentence; the rules below let those pass."""

_FINE_ALONE = _words(
    "yes no yeah yep nope ok okay sure thanks stop cancel hello hi hey goodbye bye pause resume "
    "continue quit exit help again right exactly correct never nevermind what why how who when where "
    "which please well more call play enough louder quieter really"
)
"""Words that are a whole turn by themselves."""

_FINE_AT_END = frozenset(
    tuple(phrase.split())
    for phrase in (
        "thank you",
        "how are you",
        "who are you",
        "what are you",
        "where are you",
        "and you",
        "what can you do",
        "what do you do",
        "how do you do",
        "it is",
        "i am",
        "i do",
        "i can",
        "i will",
        "i did",
        "i have",
        "i would",
        "is it",
        "of course not",
        "one more",
        "no more",
        "any more",
        "once more",
        "some more",
        "tell me more",
        "say more",
        "i don't",
        "i can't",
        "love you",
        "hear you",
        "help you",
        "tell you",
        "see you",
        "told you",
        "next please",
        "very well",
        "as well",
        "do so",
        "think so",
        "hope so",
        "i guess so",
        "some other",
        "each other",
        "what is this",
        "what's this",
        "who is this",
        "stop this",
        "do this",
        "like this",
        "need this",
        "want this",
        "about this",
        "turn it off",
        "come in",
        "what time is it",
    )
)
"""Endings that are complete although their last word hangs elsewhere."""

_OPEN_ENDINGS = frozenset(
    tuple(phrase.split())
    for phrase in (
        "what is",
        "what's the",
        "a timer",
        "set a timer",
        "set an alarm",
        "set a reminder",
        "remind me",
        "wake me",
        "wake me up",
        "i want",
        "i need",
        "i would like",
        "i'd like",
        "could you",
        "can you",
        "would you",
        "will you",
        "tell me",
        "give me",
        "show me",
        "let me",
        "my name is",
        "the number is",
        "my number is",
        "for the next",
        "how many",
        "how much",
        "how long",
        "how far",
        "what kind",
        "look up",
        "search for",
        "convert it",
        "a lot",
        "kind of",
        "sort of",
        "you know",
        "i mean",
        "i think",
        "let me think",
        "let me see",
        "hold on",
        "wait",
        "one second",
        "the answer",
        "at the",
    )
)
"""Whole turns, so far, that ask for more; compared with all of the words after polite openings."""

_QUESTION_OPENERS = _words(
    "what who where when why how which whose is are was were do does did can could"
)
_POLITE = _words("hey hi hello okay ok so and um uh please well now then yes no yeah alright right")
_DIGITS = _words(
    "zero oh one two three four five six seven eight nine double triple hundred thousand"
)
_NUMBER_OPENERS = _words("number digits code pin phone zip dial call")
_UNIT_HUNGRY = _words("for in to from at add remove convert plus minus times by percent")
_PREPOSITIONS = _words(
    "in on off up down out about over after before against around through during near for to from with "
    "of at by into"
)
_STRANDING = _words("what who where which")


class WordsTurnEnd:
    """Rules about English words that implement ``ports.TurnEnd``; needs no model and no state.

    A recogniser likes to put a full stop behind speech that was cut off, so a full stop says
    nothing here; a comma or a dash does say that more will come.
    """

    def probability(self, transcript: str) -> float:
        """Return 0.9 for words that look complete, 0.1 for ones that go on, 0.5 where unsure."""
        text = transcript.strip().lower().replace("\u2019", "'")
        if not text:
            return UNKNOWN
        if text.endswith((",", "-", "\u2014", ":", ";", "...", "\u2026")):
            return INCOMPLETE
        words = _WORD.findall(text)
        if not words:
            return UNKNOWN
        return _judge(words, is_question=text.rstrip("\"'").endswith("?"))


def _judge(words: list[str], *, is_question: bool) -> float:
    core = _without_opening(words)
    if tuple(core) in _OPEN_ENDINGS or tuple(words) in _OPEN_ENDINGS:
        return INCOMPLETE
    if len(words) == 1:
        return _judge_one(words[0])
    if any(tuple(words[-size:]) in _FINE_AT_END for size in range(2, 6)):
        return COMPLETE
    last = words[-1]
    if last in _HANGING:
        return INCOMPLETE
    if _is_spelling_number(words):
        return INCOMPLETE
    if last in _PREPOSITIONS:
        return COMPLETE if is_question and core[0] in _STRANDING else UNKNOWN
    if _is_number(last) and words[-2] in _UNIT_HUNGRY:
        return UNKNOWN
    if len(core) < 3 and not is_question:
        return UNKNOWN if core and core[0] in _QUESTION_OPENERS else COMPLETE
    return COMPLETE


def _judge_one(word: str) -> float:
    if word in _FINE_ALONE:
        return COMPLETE
    return INCOMPLETE if word in _HANGING else UNKNOWN


def _without_opening(words: list[str]) -> list[str]:
    """Return the words after "hey", "okay", "um" and their like; at least one word stays."""
    start = 0
    while start < len(words) - 1 and words[start] in _POLITE:
        start += 1
    return words[start:]


def _is_number(word: str) -> bool:
    return word[0].isdigit() or word in _DIGITS


def _is_spelling_number(words: list[str]) -> bool:
    """Return whether a number is being said digit by digit and is shorter than such numbers are."""
    count = 0
    for word in reversed(words):
        if not (word in _DIGITS or word.isdigit()):
            break
        count += 1 if word in _DIGITS else len(word)
    digit_words = sum(1 for word in words if word in _DIGITS or word.isdigit())
    asked_for = any(word in _NUMBER_OPENERS for word in words)
    return 0 < count < 7 and (digit_words >= 3 or (asked_for and digit_words >= 1))
