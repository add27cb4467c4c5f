"""Cuts a brain's token stream into pieces to be spoken, and says how each word of them sounds.

Pure: text goes in as it arrives, pieces come out as soon as they are certain. The same text gives
the same pieces however it is chunked, and the sources of all pieces, joined, are the text exactly:
the screen and the ledger show what the brain wrote, the voice says what can be said.
"""

from __future__ import annotations

from dataclasses import dataclass

from voice.server.sentence_marks import (
    BREAK_WORDS,
    NUMBER_WORDS,
    OpenMarkup,
    ends_clause,
    ends_sentence,
    is_fence,
    is_line_marker,
)
from voice.server.spoken_form import spoken_words

FIRST_CLAUSE_WORDS = 3
"""The first piece may end at a comma after this many words: audio starts early."""

FIRST_SOFT_WORDS = 8
FIRST_MAX_WORDS = 12
"""Without a comma the first piece ends before a word like "and" from the soft count on, and
anywhere at the maximum."""

CLAUSE_WORDS = 40
MAX_WORDS = 60
"""A later sentence is cut at a comma beyond the first count, and anywhere at the second."""

MAX_WORD_CHARS = 400
"""A longer run without a space is cut, and its rest is silent: nothing speakable is that long."""


@dataclass(frozen=True, slots=True)
class SpeakToken:
    """One source word with its leading whitespace, and what is said for it (perhaps nothing)."""

    source: str
    spoken: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that is synthesised at once; ``spoken`` is empty where it is all silent."""

    tokens: tuple[SpeakToken, ...]

    @property
    def source(self) -> str:
        """The brain's own text of this piece."""
        return "".join(token.source for token in self.tokens)

    @property
    def spoken(self) -> str:
        """The text for the synthesiser: words joined by single spaces."""
        return " ".join(token.spoken for token in self.tokens if token.spoken)

    def heard_source(self, words: int) -> str:
        """Return the source whose speech lies wholly within the first ``words`` spoken words.

        Silent tokens count as heard with the word before them, but only where a later word was
        heard too or the whole piece was; leading silent ones count with the word after them.
        """
        heard, pending = "", ""
        for token in self.tokens:
            pending += token.source
            count = len(token.spoken.split())
            if count > words:
                return heard
            words -= count
            if count:
                heard, pending = heard + pending, ""
        return heard + pending


@dataclass(frozen=True, slots=True)
class _Word:
    """One source word of the piece being gathered."""

    gap: str
    body: str
    silent: bool = False
    marker: bool = False

    @property
    def sounds(self) -> bool:
        return not self.silent and any(c.isalnum() for c in self.body)


class SpeakableSplitter:
    """Turns one answer's text deltas into pieces; one splitter for each answer, never reused."""

    def __init__(self) -> None:
        """Start at the beginning of a text."""
        self._gap = ""
        self._body = ""
        self._words: list[_Word] = []
        self._count = 0
        self._first = True
        self._fence = ""
        self._fence_line = False
        self._open = OpenMarkup()
        self._line_start = True
        self._piece_line_start = True
        self._block_line = False
        self._run_on = False
        self._out: list[Piece] = []

    def feed(self, text: str) -> list[Piece]:
        """Take more text and return the pieces that are now certain, in order."""
        for char in text:
            if char.isspace():
                self._take_space(char)
            else:
                self._take_char(char)
        return self._drain()

    def finish(self) -> list[Piece]:
        """Take the end of the text and return all that is left; [] when nothing is."""
        if self._body:
            self._end_word()
        if self._gap:
            self._words.append(_Word(self._gap, "", silent=True))
            self._gap = ""
        self._cut(ends_line=True)
        return self._drain()

    def _drain(self) -> list[Piece]:
        pieces, self._out = self._out, []
        return pieces

    def _take_space(self, char: str) -> None:
        if self._body:
            self._end_word()
        self._run_on = False
        self._gap += char
        if len(self._gap) >= MAX_WORD_CHARS:
            # Bounded whatever comes: a flood of spaces is a silent word.
            self._line_start = self._line_start or "\n" in self._gap
            self._words.append(_Word(self._gap, "", silent=True))
            self._gap = ""

    def _take_char(self, char: str) -> None:
        if not self._body:
            self._start_word(char)
        self._body += char
        if char in "。！？" or len(self._body) >= MAX_WORD_CHARS:
            long_run = char not in "。！？" and char < "\u2e80"
            self._end_word()
            self._run_on = self._run_on or long_run

    def _start_word(self, char: str) -> None:
        """Cut before the word that ``char`` begins, if a line, a sentence or a clause ended."""
        lines = self._gap.count("\n")
        if lines:
            self._line_start = True
        if not self._words:
            return
        last = self._words[-1]
        if self._fence:
            if lines:
                self._cut(ends_line=True)
            return
        if lines > 1 or (lines and (self._block_line or not char.islower())):
            if lines > 1 or self._block_line or self._open.closed:
                self._open.reset()
                self._cut(ends_line=True)
            return
        if not self._open.closed or last.marker:
            return
        early = self._first and self._count >= FIRST_CLAUSE_WORDS
        if ends_sentence(last.body, char) or (
            (early or self._count >= CLAUSE_WORDS) and ends_clause(last.body, char)
        ):
            self._cut(ends_line=False)

    def _end_word(self) -> None:
        """Add the finished word to the piece, first cutting before it if the piece is full."""
        body, gap = self._body, self._gap
        self._body = self._gap = ""
        if self._line_start:
            if self._fence and not self._fence_line and is_fence(body, self._fence):
                self._words.append(_Word(gap, body, silent=True))
                self._fence = ""
                self._cut(ends_line=True)
                return
            if not self._fence and (fence := is_fence(body)):
                self._fence, self._fence_line = fence, True
                self._words.append(_Word(gap, body, silent=True))
                self._line_start = False
                return
        if self._fence:
            self._end_fenced_word(gap, body)
            return
        marker = self._line_start and is_line_marker(body)
        if self._line_start:
            self._block_line = marker or (self._block_line and "\n" not in gap)
            self._line_start = marker
        if self._is_full(body):
            self._cut(ends_line=False)
        self._open.read(body)
        word = _Word(gap, body, silent=self._run_on, marker=marker)
        self._words.append(word)
        self._count += word.sounds

    def _end_fenced_word(self, gap: str, body: str) -> None:
        """Add a silent word of a code block; a block opened and closed on one line ends here."""
        if "\n" in gap:
            self._fence_line = False
        self._line_start = False
        self._words.append(_Word(gap, body, silent=True))
        if self._fence_line and body.endswith(self._fence):
            self._fence = ""
        elif len(self._words) >= MAX_WORDS:
            self._cut(ends_line=True)

    def _is_full(self, body: str) -> bool:
        """Say whether the piece must end before the word ``body`` although nothing ended."""
        if not self._words or self._run_on:
            return False
        soft, full = FIRST_SOFT_WORDS, FIRST_MAX_WORDS
        if not self._first:
            soft = full = MAX_WORDS
        total = max(self._count, len(self._words) // 2)
        if total >= MAX_WORDS + CLAUSE_WORDS:
            return True  # bounded, whatever is open
        if total < soft or not self._open.closed or self._words[-1].marker:
            return False
        before = self._words[-1].body
        if not before[-1:].isalnum() or _number_like(before) or _number_like(body):
            return total >= full + FIRST_SOFT_WORDS and not _number_like(before)
        return total >= full or body.lower() in BREAK_WORDS

    def _cut(self, *, ends_line: bool) -> None:
        """Make a piece of the words gathered so far, if there are any."""
        if not self._words:
            return
        audible = [w.gap + ("" if w.silent else w.body) for w in self._words]
        spoken = spoken_words(audible, line_start=self._piece_line_start, ends_line=ends_line)
        tokens = tuple(
            SpeakToken(word.gap + word.body, said)
            for word, said in zip(self._words, spoken, strict=True)
        )
        self._piece_line_start = ends_line
        self._words, self._count = [], 0
        piece = Piece(tokens)
        self._first = self._first and not piece.spoken
        self._out.append(piece)


def _number_like(word: str) -> bool:
    """Say whether a word may be part of a number, so that no cut may stand beside it."""
    bare = word.strip(".,;:!?()\"'*_").lower()
    return bare[:1].isdigit() or any(part in NUMBER_WORDS for part in bare.split("-"))
