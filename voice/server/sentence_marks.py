"""Where sentences, clauses and Markdown constructs end: the judgements behind the splitter."""

from __future__ import annotations

import re

_CLOSERS = "\"'”’)]}*_`~»"
_OPENERS = "\"'“‘([{*_`~«"

NEVER_FINAL = frozenset(
    "dr. mr. mrs. ms. prof. gen. gov. sen. rep. capt. lt. col. sgt. rev. hon. st. mt. ft. e.g. "
    "i.e. cf. vs. viz. approx. esp. incl. ca. al. fig. figs. eq. vol. p. pp. ch. sec. ed. eds. "
    "messrs. mme. mlle. dept. govt. assn. univ. corp. bros. blvd. pkwy. bldg. intl.".split()
)
"""Abbreviations that a capital letter may follow without a new sentence."""

FINAL_UNLESS_NUMBER = frozenset(
    "no. nos. jan. feb. mar. apr. jun. jul. aug. sep. sept. oct. nov. dec. art. nr. min. max. "
    "tel. ext.".split()
)
"""Abbreviations that a number goes with: "No. 5", "Jan. 3"."""

_DOTTED = re.compile(r"(?:[A-Za-z]\.){2,}")
_HALF_DAY = frozenset({"a.m.", "p.m.", "b.c.", "a.d."})

BREAK_WORDS = frozenset(
    "and but or nor so yet that which who whom whose where when while because although though if "
    "unless until since after before as than with without for from to into onto in on at by of "
    "about over under between through during against".split()
)
"""Words before which a voice may take breath where no punctuation stands."""

NUMBER_WORDS = frozenset(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
    "hundred thousand million billion trillion point".split()
)

_ORDERED = re.compile(r"\d{1,3}[.)]")
_MARKER = re.compile(r"[-*+•‣◦–—]|#{1,6}|>+|\[[ xX]?\]|\d{1,3}[.)]|\|.*")
_FENCE = re.compile(r"(`{3,}|~{3,})[^`]*")


def ends_sentence(word: str, following: str) -> bool:
    """Say whether a sentence ends after ``word``, given the next word's first character."""
    core = word.rstrip(_CLOSERS)
    if following.islower() and not _is_plain_end(core):
        return False
    if core.endswith(("!", "?", "…", "。", "！", "？")):
        return True
    if not core.endswith("."):
        return False
    stem = core.lstrip(_OPENERS)
    small = stem.lower()
    if small in NEVER_FINAL:
        return False
    if small in FINAL_UNLESS_NUMBER:
        return not following.isdigit()
    if len(stem) == 2 and stem[0].isalpha():
        return stem[0] == "I"  # an initial: "J. Smith"
    return not _DOTTED.fullmatch(stem) or (small in _HALF_DAY and following.isupper())


def _is_plain_end(core: str) -> bool:
    """Say whether an ordinary longer word ends in a full stop, so that case need not decide."""
    stem = core.lstrip(_OPENERS)[:-1]
    known = stem.lower() + "."
    return (
        core.endswith(".")
        and len(stem) >= 4
        and stem.isalpha()
        and known not in NEVER_FINAL
        and known not in FINAL_UNLESS_NUMBER
    )


def ends_clause(word: str, following: str) -> bool:
    """Say whether a voice may pause after ``word``; never between the parts of a number or date."""
    core = word.rstrip(_CLOSERS)
    return core.endswith((",", ";", ":", "—", "–")) and not following.isdigit()


def is_line_marker(word: str) -> bool:
    """Say whether ``word`` at the start of a line makes it a list item, heading, quote or row."""
    return _MARKER.fullmatch(word) is not None


def is_fence(word: str, closing: str = "") -> str:
    """Return the fence that ``word`` opens, or, given ``closing``, whether it closes that one.

    "" stands for no.
    """
    if closing:
        return word if word.startswith(closing) and not word.strip(closing[0]) else ""
    match = _FENCE.fullmatch(word)
    return match[1] if match else ""


_RUN = re.compile(r"`+|\*+|_+|~~+|\]\(|[\[\]()]")
_MAX_OPEN_WORDS = 40


class OpenMarkup:
    """Which inline Markdown constructs are open after the words read so far."""

    def __init__(self) -> None:
        """Start with nothing open."""
        self._stack: list[str] = []
        self._age = 0

    @property
    def closed(self) -> bool:
        """Whether text may be cut here without tearing a construct."""
        return not self._stack

    def reset(self) -> None:
        """Close everything: no inline construct outlives its paragraph."""
        self._stack.clear()
        self._age = 0

    def read(self, word: str) -> None:
        """Follow one more word; what stays open for 40 words was no construct and is forgotten."""
        for run in _RUN.finditer(word):
            self._mark(run[0], word[: run.start()], word[run.end() :])
        self._age = self._age + 1 if self._stack else 0
        if self._age > _MAX_OPEN_WORDS:
            self.reset()

    def _mark(self, run: str, before: str, after: str) -> None:
        top = self._stack[-1] if self._stack else ""
        if top.startswith("`"):
            if run == top:
                self._stack.pop()
        elif run[0] == "`":
            self._stack.append(run)
        elif run in ("[", "](", "]", "(", ")"):
            self._bracket(run, top)
        elif top != "(":  # a link's target holds no emphasis
            self._emphasis(run, before, after)

    def _bracket(self, run: str, top: str) -> None:
        if run == "[":
            self._stack.append("[")
        elif "[" in self._stack and run in ("](", "]"):
            del self._stack[self._stack.index("[") :]
            if run == "](":
                self._stack.append("(")
        elif top == "(" and run == "(":
            self._stack.append("(")
        elif top == "(" and run == ")":
            self._stack.pop()

    def _emphasis(self, run: str, before: str, after: str) -> None:
        left = len(run)
        while before and left and self._stack and self._stack[-1][0] == run[0]:
            left -= len(self._stack.pop())
        inside_word = before[-1:].isalnum() and after[:1].isalnum()
        opens = after and not (inside_word and (run[0] != "*" or after[0].isdigit()))
        if left > 0 and left == len(run) and opens:
            self._stack.append(run)
