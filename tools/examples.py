"""The little language of example sentences: ``[please] (set|start) a timer for {duration}``.

``{name}`` is a slot and names a parameter, ``[…]`` may be left out, ``(a|b)`` and ``[a|b]`` are
alternatives; they may be nested. A brain without a language model matches what it heard against
these sentences and fills the slots with the words it heard there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tools.errors import ToolDefinitionError

MAX_EXPANSIONS = 256
"""An example that stands for more sentences than this is refused."""

_TOKEN = re.compile(r"\{[^{}]*\}|[()\[\]|]|[^(){}\[\]|]+|[{}]")
_SLOT = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PAIRS = {"(": ")", "[": "]"}


def slots(example: str) -> tuple[str, ...]:
    """Return the slot names of an example in the order in which they stand."""
    return tuple(_SLOT.findall(example))


def expand(example: str) -> list[str]:
    """Return every sentence that an example stands for, slots left in place.

    ``expand("[please] (set|start) a timer")`` gives four sentences. Raises ValueError, one
    sentence that names the fault, for unbalanced brackets, a slot that is not a name, an empty
    sentence or more than ``MAX_EXPANSIONS`` sentences.
    """
    tokens = _TOKEN.findall(example)
    sentences, end = _alternatives(tokens, 0, closing=None)
    if end != len(tokens):
        raise ValueError(f"a {tokens[end]!r} has no opening bracket")
    spaced = list(dict.fromkeys(" ".join(sentence.split()) for sentence in sentences))
    if not all(spaced):
        raise ValueError("it can be empty; keep at least one word outside the brackets")
    return spaced


def check_examples(tool_name: str, examples: Sequence[str], parameters: Iterable[str]) -> None:
    """Raise ToolDefinitionError for an example that cannot be read or names an unknown slot."""
    known = list(parameters)
    for example in examples:
        try:
            expand(example)
        except ValueError as error:
            raise ToolDefinitionError(
                f"tool {tool_name!r}: the example {example!r} cannot be read: {error}"
            ) from error
        for slot in slots(example):
            if slot not in known:
                raise ToolDefinitionError(
                    f"tool {tool_name!r}: the example {example!r} has the slot {{{slot}}}, "
                    f"but the parameters are: {', '.join(known) or 'none'}"
                )


def _alternatives(
    tokens: Sequence[str], start: int, *, closing: str | None
) -> tuple[list[str], int]:
    """Read up to ``closing``; return the sentences and the index of the closing token."""
    finished: list[str] = []
    current = [""]
    index = start
    while index < len(tokens) and tokens[index] not in (")", "]"):
        token = tokens[index]
        if token == "|":
            if closing is None:
                raise ValueError("a '|' stands outside brackets")
            finished += current
            current = [""]
        elif token in _PAIRS:
            inner, index = _alternatives(tokens, index + 1, closing=_PAIRS[token])
            if token == "[":
                inner = ["", *inner]
            current = [left + right for left in current for right in inner]
        else:
            _require_slot(token)
            current = [left + token for left in current]
        if len(finished) + len(current) > MAX_EXPANSIONS:
            raise ValueError(f"it stands for more than {MAX_EXPANSIONS} sentences; split it")
        index += 1
    if closing is not None and (index >= len(tokens) or tokens[index] != closing):
        raise ValueError(f"a {closing!r} is missing")
    return finished + current, index


def _require_slot(token: str) -> None:
    if token[0] in "{}" and not _SLOT.fullmatch(token):
        raise ValueError(f"{token!r} is not a slot; write {{parameter_name}}")
