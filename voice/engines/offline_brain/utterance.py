"""One thing that was said: its words, the politeness in it, and what kind of speech it is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

from voice.engines.offline_brain import politeness
from voice.engines.offline_brain.entities import Entity, Kind, find_entities
from voice.engines.offline_brain.phrases import join_phrases
from voice.engines.offline_brain.tokens import original, tokenize, words_of

MAX_WORDS = 60
"""Words of an utterance that are matched; a request is never longer."""

_OPENINGS = tuple(
    tuple(line.split())
    for line in (
        "please", "hey", "hi", "hello", "ok", "okay", "well", "so", "um", "uh", "er", "oh", "now",
        "alright", "all right", "yes", "yeah", "and", "also", "then", "excuse me", "sorry", "just",
        "quickly", "kindly", "go ahead and", "be so kind as to", "be a dear and", "go and",
        "can you", "could you", "would you", "will you", "can we", "could we", "can i", "could i",
        "may i", "can i have", "could i have", "can i get", "could i get", "give me", "give us",
        "get me", "get us", "tell me", "tell us", "show me", "show us", "find me", "may i have",
        "i want you to", "i need you to", "i would like you to", "i want to", "i would like to",
        "i need to", "i have to", "i would love to", "i would like", "i want", "i need", "we need",
        "i wish to", "let us", "let me", "help me to", "help me", "do you mind", "would you mind",
        "are you able to", "is it possible to", "would it be possible to", "it would be nice to",
        "i was wondering if you could", "i wonder if you could", "i was wondering", "i wonder",
        "do not forget to", "remember to", "make sure to", "make sure that", "make sure you",
        "try to", "do you know", "do you happen to know", "can you tell me", "could you tell me",
        "you should", "you can", "you could", "we should", "it is time to", "time to", "maybe",
        "have you got", "do you have", "do i have", "have i got", "are there", "is there",
        "have we got", "do me a favor and", "do me a favour and", "do not let me forget to",
        "actually", "look", "listen", "again", "right", "good", "what i want is", "what i need is",
        "i am going to need", "i am looking for", "any chance", "any chance of", "how about",
        "what about", "if you could", "if possible", "if you can", "would you be able to",
        "would you please", "i would be grateful if you could",
        "i would appreciate it if you could", "it would be great if you could",
        "it would be nice if you could", "i would be glad if you could",
        "i would be happy if you could", "what i would like is", "i am afraid", "oh no", "oh dear",
        "hang on", "wait", "hmm", "mm", "ah", "ooh", "oops", "darling", "care to", "feel free to",
        "you may", "you might", "you need to", "you have to", "you must", "you had better",
        "i had better", "i would better", "we had better", "we would better", "let me have",
        "let us have", "think you could", "do you think you could", "do you suppose you could",
        "could you possibly", "could you maybe", "could you perhaps", "perhaps", "possibly",
        "quick question", "by the way", "before i forget", "while you are at it", "one more thing",
        "i almost forgot", "i nearly forgot", "anyway", "anyhow", "no wait", "finally", "first",
        "next", "come on", "on second thought", "on second thoughts", "any idea", "do tell me",
        "be a love and", "be an angel and", "i am wondering", "i was thinking",
        "if you do not mind", "when you have a moment", "when you get a chance", "i just want to",
        "i just wanted to", "i wanted to", "i was going to ask you to", "i am just wondering",
        "i would rather", "i would prefer", "i am after", "i will have", "i will need",
        "we will need", "we could do with",
    )
)  # fmt: skip
_CLOSINGS = tuple(
    tuple(line.split())
    for line in (
        "please", "thanks", "thank you", "thanks a lot", "thank you very much", "for me",
        "right now", "now", "if you can", "if you could", "if possible", "if you do not mind",
        "will you", "would you", "could you", "can you", "ok", "okay",
        "real quick", "quickly", "a bit", "a little", "a little bit", "exactly", "at the moment",
        "for us", "to me", "again", "today please", "at all", "starting now", "when you can",
        "when you get a chance", "when you have a moment", "when you have time", "if you would",
        "if you like", "if you please", "if that is ok", "if that is okay", "if that is all right",
        "next time", "this time", "as soon as you can", "pretty please", "at once", "already",
        "or something", "or so", "i think", "i guess", "i suppose", "you know", "though",
        "after all", "instead", "shall we", "can we", "could we", "for now",
        "for the moment", "for a moment", "while you are at it", "then", "straight away",
        "immediately", "as well", "too", "any more", "anymore", "currently",
        "a touch", "do you know", "can you tell me", "any idea", "do you remember",
    )
)  # fmt: skip
_ANYWHERE = frozenset(
    "please um uh er just kindly actually basically current exact another quick nearly almost "
    "touch tad really simply perhaps maybe possibly quickly hmm".split()
)
WEAK_WEIGHT = 0.04
"""What a polite word weighs: nothing is lost where no template has it."""

QUESTION = frozenset(
    "who what when where why how which whose is are am was were do does did can could will would "
    "should shall have has may might".split()
)
_ASKS = frozenset("what which who when where how is are was were does did has do".split())
_INVITING = frozenset({"you", "about", "possible"})
_ASKING = [["what"], ["who"], ["when"], ["where"], ["which"], ["how"]]
YES_NO = frozenset("is are was were do does did has have".split())
SUBJECTS = frozenset(
    "i he she they we it you my his her their our your the a an this that someone somebody "
    "everyone everybody nobody people".split()
)
_ORDERS = frozenset(
    "remember add put set take cancel stop write note look search turn make remind cross delete "
    "remove forget memorize memorise keep strike scratch clear empty wipe undo tell give".split()
)
STATING = frozenset(
    "went was were had did saw said told took got came left gave made bought thought knew felt "
    "added cancelled canceled turned wrote called forgot found noted has have am is are think "
    "thinks believe guess hate love like loves likes used been sounds looks seems feel feels "
    "does plays wants leaves arrives works lives keeps will would should ought must".split()
)


DENYING = frozenset("not never except said".split())
UNWANTED = ["not", "want", "you", "to"]
"""What follows these words is what must not be done."""

_THIRD = frozenset("he she it that this".split())
_SHORT_PAST = 4
"""Letters of "need" and "feed", which are no past."""


_NO_NEED, _NO_WANT = ["do", "not", "need"], ["do", "not", "want"]


class Utterance:
    """What was said, analysed once and matched with many templates."""

    def __init__(self, text: str) -> None:
        """Analyse ``text``; only its first 60 words are read."""
        self.text = text
        self.tokens = join_phrases(tokenize(text)[:MAX_WORDS])
        self.words = words_of(self.tokens)
        self.entities: list[Entity] = find_entities(self.words)
        self.breaks = self._breaks()
        self.weak = _weak(self.words, self.breaks)

    def _breaks(self) -> frozenset[int]:
        """Return the indices of words before which punctuation stands."""
        return frozenset(
            i
            for i, (before, after) in enumerate(pairwise(self.tokens), start=1)
            if any(c in ",;:.!?" for c in self.text[before.end : after.start])
        )

    @cached_property
    def core_start(self) -> int:
        """Index of the first word that is no mere politeness."""
        return next((i for i, weak in enumerate(self.weak) if not weak), len(self.words))

    @cached_property
    def core(self) -> list[str]:
        """The words without politeness."""
        return [w for w, weak in zip(self.words, self.weak, strict=True) if not weak]

    @cached_property
    def is_question(self) -> bool:
        """Whether it begins like a question."""
        return not self.is_negated and (
            self.text.rstrip().endswith("?") or self.core[:1] in [[q] for q in QUESTION]
        )

    @cached_property
    def is_yes_no(self) -> bool:
        """Whether it asks for a yes or a no: "is there an alarm"."""
        return bool(self.words) and self.words[0] in YES_NO and not self.weak[0]

    @cached_property
    def turning(self) -> frozenset[int]:
        """Indices of the small words that turn what is said around: "to", "not"."""
        return frozenset(i for i, word in enumerate(self.words) if word in ("to", "not", "no"))

    @cached_property
    def ends_in_an_order(self) -> bool:
        """Whether its last clause is an order: "I am vegetarian, please remember that"."""
        last = max(self.breaks, default=0)
        rest = [self.words[i] for i in range(last, len(self.words)) if not self.weak[i]]
        return last > 0 and rest[:1] != [] and (rest[0] in _ORDERS or rest[:2] == ["do", "not"])

    @cached_property
    def is_negated(self) -> bool:
        """Whether it says that something be not done: "don't set a timer", "never do that"."""
        core = self.core
        if core[:2] == ["never", "mind"] or core[:3] in (_NO_NEED, _NO_WANT):
            return False
        return core[:2] == ["do", "not"] or core[:1] in (["never"], ["not"])

    @cached_property
    def denials(self) -> frozenset[int]:
        """Indices of the words that take back what stands around them: "not", "never", "said"."""
        denying = DENYING | {"if"} if self.is_question else DENYING
        return frozenset(i for i, w in enumerate(self.words) if w in denying and not self.weak[i])

    @cached_property
    def is_unwanted(self) -> bool:
        """Whether it tells what must not be done: "I do not want you to set an alarm"."""
        return any(self.words[i : i + len(UNWANTED)] == UNWANTED for i in range(len(self.words)))

    @cached_property
    def is_statement(self) -> bool:
        """Whether it tells something instead of asking for it: "my sister came"."""
        start = self.core_start
        core = self.words[start:]
        if self.words[:2] == ["what", "a"]:
            return True
        if not core or (core[0] in QUESTION) or self.text.rstrip().endswith("?"):
            return False
        if core[0] not in SUBJECTS or self.ends_in_an_order:
            return False
        if core[0] in _THIRD and core[1:2] and core[1].endswith("s") and core[1] not in YES_NO:
            return True  # "that takes me back"
        past = any(word.endswith("ed") and len(word) > _SHORT_PAST for word in core[1:4])
        return past or any(word in STATING for word in core[1:10])

    @cached_property
    def asks(self) -> bool:
        """Whether it asks to be told something, and not politely to have something done."""
        first = self.words[:3]
        return first[:1] != [] and first[0] in _ASKS and not _INVITING.intersection(first[1:])

    @cached_property
    def is_told(self) -> bool:
        """Whether it begins like something told: "we are out of milk", "the rice needs long"."""
        return self.core[:1] != [] and self.core[0] in SUBJECTS and not self.ends_in_an_order

    def original(self, start: int, end: int) -> str:
        """Return the words ``[start, end)`` as they were written."""
        return original(self.text, self.tokens[start:end])

    def of(self, *kinds: Kind) -> list[Entity]:
        """Return the entities of the given kinds, in order."""
        return [e for e in self.entities if e.kind in kinds]

    def masked(self, stand_ins: dict[Kind, str]) -> list[str]:
        """Return the core words with entities replaced by what stands for their kind."""
        said: list[str] = []
        at = 0
        best: dict[int, Entity] = {}
        for entity in self.entities:
            known = best.get(entity.start)
            if entity.kind in stand_ins and not entity.weak:
                if known is None or entity.end > known.end:
                    best[entity.start] = entity
        while at < len(self.words):
            entity_here = best.get(at)
            if entity_here is not None:
                said += stand_ins[entity_here.kind].split()
                at = entity_here.end
            else:
                if not self.weak[at]:
                    said.append(self.words[at])
                at += 1
        return said


_MOVERS = frozenset("turn switch shut crank".split())
_PARTICLES = frozenset("on off up down".split())


def _weak(words: Sequence[str], breaks: frozenset[int]) -> list[bool]:
    """Mark openings, closings and fillers; never every word."""
    weak = [word in _ANYWHERE for word in words]
    start, end = 0, len(words)
    while (length := _opening(words, start, end, breaks)) and start + length < end:
        start += length
    while (length := _closing(words, start, end, breaks)) and end - length > start:
        end -= length
    if words[start : start + 2] == ["remind", "me"] and words[start + 2 : start + 3] in _ASKING:
        start += 2  # "remind me what is on the list" asks for it
    for i in range(len(words)):
        weak[i] = weak[i] or i < start or i >= end
        if words[i] in _MOVERS and not _PARTICLES.isdisjoint(words[i + 1 : i + 2]):
            weak[i] = True  # in "turn off" it is "off" that says what to do
    return [False] * len(words) if all(weak) else weak


def _opening(words: Sequence[str], start: int, end: int, breaks: frozenset[int]) -> int:
    pauses = {at - start for at in breaks}
    polite = politeness.before(words[start:end], pauses)
    return max(_longest(_OPENINGS, words, start, end), polite)


def _closing(words: Sequence[str], start: int, end: int, breaks: frozenset[int]) -> int:
    pauses = {at - start for at in breaks}
    polite = politeness.after(words[start:end], pauses)
    return max(_longest_end(_CLOSINGS, words, start, end), polite)


def _longest(phrases: Sequence[tuple[str, ...]], words: Sequence[str], start: int, end: int) -> int:
    fitting = (len(p) for p in phrases if tuple(words[start : min(start + len(p), end)]) == p)
    return max(fitting, default=0)


def _longest_end(
    phrases: Sequence[tuple[str, ...]], words: Sequence[str], start: int, end: int
) -> int:
    fitting = (len(p) for p in phrases if tuple(words[max(start, end - len(p)) : end]) == p)
    return max(fitting, default=0)
