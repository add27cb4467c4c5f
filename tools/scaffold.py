"""Writes a new tool that works, and its test."""

from __future__ import annotations

import keyword
from pathlib import Path

from tools.discovery import discover
from tools.errors import ToolSetupError

_TOOL = '''"""{title}: a tool for the voice assistant."""

from __future__ import annotations

from tools import ToolError, tool


@tool(
    effect="read",
    examples=[
        "{words} [for] {{name}}",
        "please {words} [for] {{name}}",
        "(can|could) you {words} [for] {{name}}",
        "{words} once more [for] {{name}}",
    ],
)
def {function}(name: str) -> dict[str, str]:
    """{title} for somebody.

    Args:
        name: Whom it is for.
    """
    if not name.strip():
        raise ToolError("Tell me whom it is for.")
    return {{"spoken": f"This is {words} for {{name}}.", "name": name}}
'''

_TEST = """from __future__ import annotations

import pytest
from {module} import {function}

from tools import ToolError


def test_it_answers_with_a_sentence() -> None:
    assert {function}("Anna")["spoken"] == "This is {words} for Anna."


def test_it_says_what_is_missing() -> None:
    with pytest.raises(ToolError):
        {function}(" ")
"""


def write_tool(name: str, folder: Path) -> tuple[Path, Path]:
    """Write ``NAME.py`` and ``tests/test_NAME.py`` into a tool folder and return both.

    Raises ToolSetupError for a name that is none, and where a tool or a file has it already.
    """
    function = name.strip().lower().replace("-", "_").replace(" ", "_")
    if not function.isidentifier() or not function.isascii() or keyword.iskeyword(function):
        raise ToolSetupError(
            f"a tool is called like a Python function, for example water_plants; not {name!r}"
        )
    if function.startswith("_"):
        raise ToolSetupError("files that begin with _ are not loaded; choose another name")
    words = function.replace("_", " ").strip()
    fill = {
        "function": function,
        "module": function,
        "words": words,
        "title": words[:1].upper() + words[1:],
    }
    plugin, test = folder / f"{function}.py", folder / "tests" / f"test_{function}.py"
    for path in (plugin, test):
        if path.exists():
            raise ToolSetupError(f"{path} exists already; choose another name")
    for tool, source in discover(folder if folder.is_dir() else None).tools:
        if tool.name == function:
            raise ToolSetupError(
                f"there is a tool called {function!r} already, from {source}; choose another name"
            )
    try:
        test.parent.mkdir(parents=True, exist_ok=True)
        plugin.write_text(_TOOL.format(**fill), encoding="utf-8")
        test.write_text(_TEST.format(**fill), encoding="utf-8")
    except OSError as error:
        raise ToolSetupError(f"{plugin} cannot be written: {error.strerror or error}") from error
    return plugin, test
