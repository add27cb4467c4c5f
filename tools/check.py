"""Finds what is wrong with tools before a conversation does: sentences that collide, slips."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tools.definition import Tool
from tools.examples import expand, slots

_SLOT = re.compile(r"\{(\w+)\}")
_MAX_SHOWN = 3


def findings(found: Sequence[tuple[Tool[..., Any], str]]) -> list[str]:
    """Return one line for each thing that its author should look at, in the order of the tools."""
    lines: list[str] = []
    sources: dict[str, str] = {}
    for tool, source in found:
        if tool.name in sources:
            lines.append(f"{tool.name}: two tools have this name: {sources[tool.name]}, {source}")
        sources.setdefault(tool.name, source)
        lines += [f"{tool.name}: {slip}" for slip in _slips(tool)]
    return lines + collisions([tool for tool, _ in found])


def collisions(tools: Sequence[Tool[..., Any]]) -> list[str]:
    """Return one line for each pair of tools that claim the same sentence.

    Slots that take the same kind of value are alike, whatever their names: nobody hears the name.
    """
    owners: dict[str, list[str]] = {}
    for tool in tools:
        for sentence in {
            _plain(one, tool) for example in tool.spec.examples for one in expand(example)
        }:
            owners.setdefault(sentence, []).append(tool.name)
    pairs: dict[tuple[str, ...], list[str]] = {}
    for sentence, names in owners.items():
        if len(names) > 1:
            pairs.setdefault(tuple(names), []).append(sentence)
    return [_collision(names, sentences) for names, sentences in pairs.items()]


def _collision(names: tuple[str, ...], sentences: list[str]) -> str:
    shown = ", ".join(f'"{sentence}"' for sentence in sorted(sentences)[:_MAX_SHOWN])
    more = f" and {len(sentences) - _MAX_SHOWN} more" if len(sentences) > _MAX_SHOWN else ""
    return f"{' and '.join(names)} are both called by {shown}{more}; change one of them"


def _plain(sentence: str, tool: Tool[..., Any]) -> str:
    nodes = tool.signature.schema["properties"]

    def kind(match: re.Match[str]) -> str:
        node = nodes.get(match[1], {})
        choices = "|".join(map(str, node.get("enum", ())))
        return f"{{{choices or node.get('type', 'any')}}}"

    return " ".join(_SLOT.sub(kind, sentence).lower().split())


def _slips(tool: Tool[..., Any]) -> list[str]:
    spec, slips = tool.spec, list[str]()
    if not tool.function.__doc__ and spec.description.rstrip(".").lower() == _words(tool.name):
        slips.append("it has no docstring, so a model knows nothing but its name")
    for name, node in spec.parameters["properties"].items():
        if not node.get("description"):
            slips.append(f"its parameter {name} is not described under Args:")
    if not spec.examples:
        slips.append("it has no example sentences, so the offline brain only guesses at it")
    required = set(spec.parameters["required"])
    for example in spec.examples:
        always = set[str].intersection(*(set(slots(one)) for one in expand(example)))
        missing = sorted(required - always)
        if missing:
            slips.append(f'its example "{example}" leaves out {", ".join(missing)}')
    if tool.effect == "irreversible" and not tool.has_summary:
        slips.append('it is irreversible: give it summary="…", words for the question before it')
    return slips


def _words(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").strip().lower()
