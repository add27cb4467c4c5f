"""Reads the description and the parameter descriptions out of a Google-style docstring."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field

_SECTION = re.compile(
    r"^(args|arguments|parameters|returns?|yields?|raises|examples?|notes?|attributes|"
    r"todo|warnings?|see also|references):\s*$",
    re.IGNORECASE,
)
_ARGUMENT_SECTIONS = frozenset({"args", "arguments", "parameters"})
_ARGUMENT = re.compile(r"^\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Docstring:
    """What a docstring says to a model: the text before the sections, and each parameter."""

    description: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def read_docstring(text: str | None) -> Docstring:
    """Split a docstring into its description and its ``Args:`` entries.

    Paragraphs of the description are kept apart by one newline, lines within one are joined. An
    absent docstring gives an empty description. Sections other than the arguments are left out:
    they speak to the programmer, not to the model.
    """
    if not text:
        return Docstring()
    paragraphs: list[list[str]] = [[]]
    arguments: list[str] = []
    section: str | None = None
    for line in inspect.cleandoc(text).splitlines():
        heading = _SECTION.match(line)
        if heading:
            section = heading.group(1).lower()
        elif section is None and line.strip():
            paragraphs[-1].append(line.strip())
        elif section is None:
            paragraphs.append([])
        elif section in _ARGUMENT_SECTIONS:
            arguments.append(line)
    description = "\n".join(" ".join(lines) for lines in paragraphs if lines)
    return Docstring(description, _read_arguments(arguments))


def _read_arguments(lines: list[str]) -> dict[str, str]:
    """Read ``name (type): text`` entries; deeper lines continue the entry above."""
    filled = [line for line in lines if line.strip()]
    if not filled:
        return {}
    margin = min(len(line) - len(line.lstrip()) for line in filled)
    entries: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in filled:
        start = _ARGUMENT.match(line[margin:])
        if start:
            current = entries.setdefault(start.group(1), [])
            current.append(start.group(2).strip())
        elif current is not None:
            current.append(line.strip())
    return {name: " ".join(part for part in parts if part) for name, parts in entries.items()}
