"""How one stretch of a brain's text sounds: word by word, by nothing but its letters.

Numbers, times, dates, money and units stay as written, for every speech synthesiser reads those
itself. What no synthesiser should see is removed here: Markdown, HTML, URLs, emoji (FIELD 22).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Sequence

from voice.server.spoken_zones import ZONE, place_of_zone

_GONE = "\0"
"""Stands in the working text where a character has been replaced, so that no later rule sees it."""

ABBREVIATIONS: dict[str, str] = {
    "e.g.": "for example",
    "i.e.": "that is",
    "etc.": "et cetera",
    "vs.": "versus",
    "approx.": "approximately",
    "dr.": "Doctor",
    "mr.": "Mister",
    "mrs.": "Missus",
    "ms.": "Miz",
    "prof.": "Professor",
    "jr.": "Junior",
    "sr.": "Senior",
    "mt.": "Mount",
    "dept.": "department",
    "govt.": "government",
    "w/o": "without",
    "w/": "with",
}
"""Lower-case abbreviation to its words."""

_ABBREVIATION = re.compile(
    r"(?<![\w.])(?:" + "|".join(re.escape(a) for a in ABBREVIATIONS) + r")(?!\w)",
    re.IGNORECASE,
)
_SAINT_OR_STREET = re.compile(r"(?<![\w.])St\.(?=(\s+[A-Z])?)")
_NUMBER_SIGN = re.compile(r"(?<![\w.])(?:[Nn]o\.\s?(?=\s*\d)|#(?=\d))")

_BULLET = re.compile(r"[-*+•‣◦–—]|#{1,6}|>+|\[[ xX]?\]|\[[xX]\]")
_ORDERED = re.compile(r"(\d{1,3})[.)]")
_RULE = re.compile(r"([-*_=~])\1{2,}")

_LINK = re.compile(
    r"(!?\[)([^\[\]]*)(\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\))"
)
_TORN_LINK = re.compile(r"\]\(\S*|(?<!\w)!(?=\[)")
_REFERENCE = re.compile(r"(?<=[\]\0])\[[^\[\]]*\]|(?<=\S)\[\^?\d{1,3}\]|\[\^[^\[\]\s]+\]:?")
_DEFINITION = re.compile(r"(?m)^[ \t]*\[[^\[\]\n]+\]:[ \t]*\S+")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]{0,20}:/{1,3}|www\.|mailto:|data:[\w/+.-]+[;,])[^\s<>\0]*"
    r"|(?<![\w@])(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?::\d+)?/[^\s<>\0]*",
    re.IGNORECASE,
)
_TAG = re.compile(r"<!--.*?-->|</?[A-Za-z][\w-]*(?=[\s/>])[^<>\0]{0,200}>", re.DOTALL)
_ENTITY = re.compile(r"&(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,5}|[A-Za-z]{2,8});")
_EMOTICON = re.compile(r"(?<!\S)(?:[:;=][-']?[)(DPpOo/\\|*]|<3|\^_\^|[xX]D)(?=[\s.,!?]|$)")

_WORD_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<=\d)\s?[*×]\s?(?=\d)"), " times "),
    (re.compile(r"\b(?<=[A-G])#(?!\w)"), " sharp"),
    (re.compile(r"(?<=\w)\^(?=\w)"), " to the power of "),
    (re.compile(r"~(?=\d)"), "about "),
    (re.compile(r"[-=]{1,2}>|[→⇒⟶]"), " to "),
    (re.compile(r"<=|≤"), " at most "),
    (re.compile(r">=|≥"), " at least "),
    (re.compile(r"!=|≠"), " is not "),
    (re.compile(r"(?<=[\w)])\s?={1,3}\s?(?=[\w(-])"), " equals "),
    (re.compile(r"(?<=[\w)])\s?<\s?(?=[\w(-])"), " is less than "),
    (re.compile(r"(?<=[\w)])\s?>\s?(?=[\w(-])"), " is greater than "),
    (re.compile(r"(?<=[A-Za-z]{2})/(?=[A-Za-z]{2})"), " "),
    (re.compile(r"(?<=[a-z0-9]{2})\.(?=[a-z]{2})"), " dot "),
    (re.compile(r"(?<=[\w)\"'])-{2,3}(?=[\w(\"'])|(?<=[A-Za-z)\"'])[–—](?=[A-Za-z(\"'])"), ", "),
    (re.compile(r"(?<!\w)-+(?!\d)|(?<!\w)-{2,}"), ""),
    (re.compile(r"(?<=[^\W_])_+(?=[^\W_])"), " "),
)

_SYMBOLS: dict[str, str] = {
    "&": " and ",
    "@": " at ",
    "|": ", ",
    "×": " times ",
    "÷": " divided by ",
    "±": " plus or minus ",
    "≈": " about ",
    "²": " squared",
    "³": " cubed",
    "½": " one half",
    "¼": " one quarter",
    "¾": " three quarters",
    "“": '"',
    "”": '"',
    "„": '"',
    "’": "'",
    "‘": "'",
    "—": ", ",
    "\u00a0": " ",
}
_KEPT = frozenset(".,;:!?'\"()%+-–/°…。，！？、")
_MEANINGFUL = frozenset("%$€£¥+°")
"""Signs that are words by themselves where they stand alone."""

_LONGEST_WORD = 80
"""Letters without a space beyond which nobody wants to hear the word (hashes, base64)."""


class _Canvas:
    """The text of one piece while rules replace parts of it, character by character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.out: list[str] = list(text)

    def put(self, start: int, end: int, spoken: str) -> None:
        """Let ``[start, end)`` sound as ``spoken``, credited to its first visible character."""
        at = start
        while at < end - 1 and self.text[at].isspace():
            at += 1
        for i in range(start, end):
            if not self.text[i].isspace():
                self.out[i] = ""
        if spoken:
            self.out[at] = spoken
        gone = "".join(c if c.isspace() else _GONE for c in self.text[start:end])
        self.text = self.text[:start] + gone + self.text[end:]

    def each(self, pattern: re.Pattern[str], act: Callable[[re.Match[str]], None]) -> None:
        """Call ``act`` for each match in the text as it was before the first of them."""
        for match in list(pattern.finditer(self.text)):
            act(match)


def spoken_words(words: Sequence[str], *, line_start: bool, ends_line: bool) -> list[str]:
    """Return what each source word sounds like: one or more words, or "" for nothing.

    A source word is its leading whitespace and one run of other characters. ``line_start`` says
    that the first one begins a line; ``ends_line`` that a line or the text ends after the last, so
    that the voice should fall there. All the words returned, joined by spaces and split again, are
    the words whose times a synthesiser reports.
    """
    canvas = _Canvas("".join(words))
    _markers(canvas, words, line_start)
    _markup(canvas)
    _addresses(canvas)
    _vocabulary(canvas)
    spoken: list[str] = []
    position = 0
    for word in words:
        end = position + len(word)
        raw = "".join(
            s if canvas.text[position + i] == _GONE else _sound(s)
            for i, s in enumerate(canvas.out[position:end])
        )
        _append(spoken, raw, word)
        position = end
    if ends_line:
        _fall(spoken)
    return spoken


def _markers(canvas: _Canvas, words: Sequence[str], line_start: bool) -> None:
    """Silence bullets, heading signs, quote signs and rules; read list numbers with a pause."""
    position = 0
    for word in words:
        body = word.lstrip()
        start = position + len(word) - len(body)
        position += len(word)
        line_start = line_start or "\n" in word[: len(word) - len(body)]
        if not line_start or not body:
            continue
        end = start + len(body)
        if _BULLET.fullmatch(body) or _RULE.fullmatch(body):
            canvas.put(start, end, "")
        elif ordered := _ORDERED.fullmatch(body):
            canvas.put(start, end, f"{ordered[1]},")
        else:
            line_start = False


def _markup(canvas: _Canvas) -> None:
    """Remove links' targets, references, tags and emoticons; keep the text that they carry."""

    def link(match: re.Match[str]) -> None:
        canvas.put(match.start(1), match.end(1), "")
        canvas.put(match.start(3), match.end(3), "")

    def drop(match: re.Match[str]) -> None:
        canvas.put(match.start(), match.end(), " " if match[0].startswith("<br") else "")

    canvas.each(_LINK, link)
    canvas.each(_LINK, link)  # once more: a link around an image
    for pattern in (_TORN_LINK, _DEFINITION, _REFERENCE, _TAG, _EMOTICON):
        canvas.each(pattern, drop)


def _addresses(canvas: _Canvas) -> None:
    """Read an e-mail address aloud, any URL as the word "link", and a time zone as its place."""

    def zone(match: re.Match[str]) -> None:
        place = place_of_zone(match[0])
        if place is not None:
            canvas.put(match.start(), match.end(), place)

    def email(match: re.Match[str]) -> None:
        said = match[0].replace("@", " at ").replace(".", " dot ").replace("_", " ")
        canvas.put(match.start(), match.end(), _sounds(said))

    def url(match: re.Match[str]) -> None:
        shown = match[0].rstrip(".,;:!?'\")]}*_`~|")
        canvas.put(match.start(), match.start() + len(shown), "link")

    canvas.each(ZONE, zone)
    canvas.each(_URL, url)
    canvas.each(_EMAIL, email)


def _vocabulary(canvas: _Canvas) -> None:
    """Put words for entities, abbreviations and signs."""

    def entity(match: re.Match[str]) -> None:
        canvas.put(match.start(), match.end(), _sounds(html.unescape(match[0])))

    def abbreviation(match: re.Match[str]) -> None:
        full_stop = "." if not canvas.text[match.end() :].strip() and match[0][-1] == "." else ""
        canvas.put(match.start(), match.end(), ABBREVIATIONS[match[0].lower()] + full_stop)

    def saint(match: re.Match[str]) -> None:
        canvas.put(match.start(), match.end(), "Saint" if match[1] else "Street")

    canvas.each(_ENTITY, entity)
    canvas.each(_ABBREVIATION, abbreviation)
    canvas.each(_SAINT_OR_STREET, saint)
    canvas.each(_NUMBER_SIGN, lambda m: canvas.put(m.start(), m.end(), "number "))
    for pattern, said in _WORD_RULES:
        canvas.each(pattern, lambda m, said=said: canvas.put(m.start(), m.end(), said))  # type: ignore[misc]


def _sounds(text: str) -> str:
    """Return the sound of each character of ``text``, joined."""
    return "".join(_sound(c) for c in text)


def _sound(char: str) -> str:
    """Return what one character contributes; "" for emoji, markup and whatever has no sound."""
    if char in _SYMBOLS:
        return _SYMBOLS[char]
    if char.isspace() or char in _KEPT:
        return char
    category = unicodedata.category(char) if len(char) == 1 else "So"
    if category[0] in "LN":
        # Styled letters (mathematical bold, full width, circled digits) become plain ones.
        return char if char.isascii() else _plain(char)
    if category in ("Mn", "Mc") and not "\ufe00" <= char <= "\ufe0f" and char < "\U000e0000":
        return char
    return char if category == "Sc" else ""


def _plain(char: str) -> str:
    """Return a letter or digit in its compatibility form, without signs of any other kind."""
    return "".join(c for c in unicodedata.normalize("NFKC", char) if c.isalnum() or c == "/")


def _append(spoken: list[str], raw: str, word: str) -> None:
    """Add one word's sound; punctuation by itself goes to the word before it."""
    said = " ".join(raw.split()).lstrip(",;: ")
    if len(said) > _LONGEST_WORD and max(map(len, said.split())) > _LONGEST_WORD:
        said = said if any(c > "\u2e7f" for c in said) else ""
    if not any(c.isalnum() or c in _MEANINGFUL for c in said):
        if said or word.strip() in {"-", "--", "–", "—", "|"} or raw.strip() == ",":
            _pause(spoken, next((c for c in said if c in ".!?"), ","))
        said = ""
    spoken.append(said)


def _pause(spoken: list[str], mark: str) -> None:
    """Put ``mark`` after the last word that sounds, unless it already ends in punctuation."""
    for i in range(len(spoken) - 1, -1, -1):
        if spoken[i]:
            if spoken[i][-1].isalnum():
                spoken[i] += mark
            return


def _fall(spoken: list[str]) -> None:
    """End the last word that sounds with a full stop, unless it ends a sentence already."""
    for i in range(len(spoken) - 1, -1, -1):
        if spoken[i]:
            if spoken[i].rstrip("\"')")[-1:] not in ".!?…:;。！？":
                spoken[i] = spoken[i].rstrip(",-–/") + "."
            return
