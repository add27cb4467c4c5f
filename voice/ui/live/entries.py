"""The entries of a conversation as it is shown, and the styled words that each is drawn with.

Everything a colour says is said by words or signs as well: the label in front of an entry, the
brackets around what nobody heard, the sign where the voice is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from voice.ui.render import call_text, printable, shortened
from voice.ui.report import parsed_arguments

PLAYHEAD = "▸"
"""Stands between what was heard and what is still to be said."""

MAX_TEXT = 4_000
"""Characters of one entry that are shown; its end is what matters then."""

_PICTURE = re.compile(r"(?:[a-z]+://|~?/|[A-Za-z]:\\|\.{0,2}/)?[^\s\"'<>|]+\.(?:png|jpe?g|gif|webp)",
                      re.IGNORECASE)  # fmt: skip
_MAX_SEARCHED = 20_000
_MAX_PICTURES = 4


class Role(Enum):
    """How words are meant; a face chooses the style."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"
    PLAIN = "plain"
    PENDING = "pending"
    """Not final yet, or not said yet."""
    UNHEARD = "unheard"
    DIM = "dim"


Span: TypeAlias = tuple[str, Role]
Paragraph: TypeAlias = tuple[Span, ...]


@dataclass(slots=True)
class Entry:
    """One entry: its label and what stands beside it; ``version`` grows with each change."""

    version: int = 0

    label = ""
    role = Role.NOTE

    def paragraphs(self, now_s: float) -> list[Paragraph]:
        """Return what stands beside the label, one paragraph below the other."""
        raise NotImplementedError

    @property
    def is_running(self) -> bool:
        """Whether it must be drawn again as time passes."""
        return False


@dataclass(slots=True)
class UserEntry(Entry):
    """What the user said or typed."""

    text: str = ""
    is_final: bool = False

    label = "You"
    role = Role.USER

    def paragraphs(self, now_s: float) -> list[Paragraph]:
        """Return the words; while they are being recognised three dots follow."""
        if self.is_final:
            return [((clean(self.text), Role.PLAIN),)]
        return [((f"{clean(self.text)} …".strip(), Role.PENDING),)]


@dataclass(slots=True)
class AnswerEntry(Entry):
    """What the assistant says: ``text`` is heard, or to be heard; ``unheard`` was cut off.

    ``heard_length`` is how many characters of ``text`` have sounded; None where nobody knows, or
    where it was all of it.
    """

    text: str = ""
    unheard: str = ""
    heard_length: int | None = None
    is_final: bool = False
    is_cut: bool = False
    cause: str = ""

    label = "Assistant"
    role = Role.ASSISTANT

    def paragraphs(self, now_s: float) -> list[Paragraph]:
        """Return what was heard, then the playhead and what is to come, or what was not heard."""
        spans: list[Span] = []
        if self.is_cut:
            spans += [(clean(self.text), Role.PLAIN)] if self.text.strip() else []
            spans += [(" ", Role.PLAIN)] if spans else []
            lost = clean(self.unheard)
            if lost:
                spans += [("[not heard: ", Role.DIM), (lost, Role.UNHEARD), ("]", Role.DIM)]
            else:
                spans += [("[cut here]", Role.DIM)]
            told = [tuple(spans)]
            if self.cause:
                told.append(((f"interrupted: {clean(self.cause)}", Role.DIM),))
            return told
        if self.heard_length is None:
            dots = "" if self.is_final else " …"
            return [((clean(self.text) + dots, Role.PLAIN),)]
        heard, coming = self.text[: self.heard_length], self.text[self.heard_length :]
        spans += [(f"{clean(heard)} ", Role.PLAIN)] if heard.strip() else []
        spans += [(f"{PLAYHEAD} {clean(coming)}", Role.PENDING)] if coming.strip() else []
        return [tuple(spans)]


@dataclass(slots=True)
class ToolEntry(Entry):
    """One tool call; ``output`` is None while it runs."""

    name: str = ""
    arguments: str = ""
    begun_s: float = 0.0
    ended_s: float | None = None
    progress: str = ""
    output: str | None = None
    is_error: bool = False
    pictures: list[str] = field(default_factory=list)

    label = "Tool"
    role = Role.TOOL

    @property
    def is_running(self) -> bool:
        """Whether it has no result yet."""
        return self.output is None

    def finish(self, output: str, *, is_error: bool, now_s: float) -> None:
        """Take the result; paths and addresses of pictures in it are shown by themselves."""
        self.output, self.is_error, self.ended_s = output, is_error, now_s
        self.pictures = pictures_in(output)

    def paragraphs(self, now_s: float) -> list[Paragraph]:
        """Return the call, then how far it is or what it gave, then the pictures."""
        told: list[Paragraph] = [((printable(call_text(self.name, self.arguments)), Role.PLAIN),)]
        seconds = (now_s if self.ended_s is None else self.ended_s) - self.begun_s
        if self.output is None:
            how_far = f" · {clean(self.progress)}" if self.progress else ""
            told.append(((f"running {seconds:.0f} s{how_far}", Role.PENDING),))
        elif self.is_error:
            told.append((("failed: ", Role.ERROR), (clean(shortened(self.output)), Role.PLAIN)))
        else:
            took = f" ({seconds:.1f} s)" if seconds >= 1 else ""
            spoken, rest = parts_of(self.output)
            told.append(((f"→ {clean(shortened(spoken))}", Role.PLAIN), (took, Role.DIM)))
            if rest:
                told.append(((clean(shortened(rest)), Role.DIM),))
        told += [((f"picture: {path}", Role.TOOL),) for path in self.pictures]
        return told


@dataclass(slots=True)
class NoteEntry(Entry):
    """A remark: of the connection, a device, a warning, an error."""

    text: str = ""
    kind: Role = Role.NOTE

    @property
    def label(self) -> str:  # type: ignore[override]
        """Warnings and errors are named; the rest stands for itself."""
        return {Role.WARNING: "Warning", Role.ERROR: "Error"}.get(self.kind, "·")

    @property
    def role(self) -> Role:  # type: ignore[override]
        """The kind of remark."""
        return self.kind

    def paragraphs(self, now_s: float) -> list[Paragraph]:
        """Return the remark."""
        is_grave = self.kind in (Role.WARNING, Role.ERROR)
        return [((clean(self.text), Role.PLAIN if is_grave else Role.NOTE),)]


def clean(text: str) -> str:
    """Return ``text`` as one line that cannot drive a terminal, cut at its beginning if long."""
    shown = " ".join(printable(text).split())
    return shown if len(shown) <= MAX_TEXT else "… " + shown[-MAX_TEXT:]


def parts_of(output: str) -> tuple[str, str]:
    """Return what of a tool's result is to be said, and the rest of it; "" for no rest."""
    result = parsed_arguments(output) if output.lstrip().startswith("{") else None
    if not isinstance(result, dict) or not isinstance(result.get("spoken"), str):
        return output, ""
    rest = [f"{name}={value}" for name, value in result.items() if name != "spoken"]
    return result["spoken"], " · ".join(rest)


def pictures_in(output: str) -> list[str]:
    """Return the paths and addresses of pictures that a tool's result names, each once."""
    found = (printable(match.group()) for match in _PICTURE.finditer(output[:_MAX_SEARCHED]))
    return list(dict.fromkeys(found))[:_MAX_PICTURES]
