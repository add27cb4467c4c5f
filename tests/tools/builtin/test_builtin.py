"""What holds for every built-in tool."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

import tools
from tools import Registry, Tool, discover
from tools.examples import expand, slots
from tools.testing import ManualClock

FOUND = discover(installed=[])
TOOLS = [tool for tool, _ in FOUND.tools]

NAMES = {
    "get_time", "get_date", "set_timer", "set_alarm", "list_timers", "cancel_timer",
    "cancel_all_timers", "calculate",
    "convert_units", "add_to_list", "remove_from_list", "read_list", "clear_list", "take_note",
    "read_notes", "set_volume", "change_volume", "mute", "unmute",
    "remember", "recall", "forget", "http_get", "list_files", "read_file", "undo_last",
    "answer_outcome", "job_status", "cancel_job", "generate_image", "web_search", "get_weather",
}  # fmt: skip

ARGUMENTS: dict[str, dict[str, Any]] = {
    "get_date": {"day": "tomorrow"},
    "set_timer": {"duration": "ten minutes"},
    "set_alarm": {"time": "seven am"},
    "calculate": {"expression": "two plus two"},
    "convert_units": {"value": "ten", "from_unit": "miles", "to_unit": "kilometers"},
    "add_to_list": {"item": "milk"},
    "remove_from_list": {"item": "milk"},
    "take_note": {"text": "the key is under the mat"},
    "set_volume": {"level": "thirty"},
    "change_volume": {"direction": "up"},
    "cancel_timer": {"which": "the alarm"},
    "remember": {"fact": "my locker code is 4711"},
}

NEED_SOMETHING_BEFORE = {
    "list_files",
    "read_file",
    "http_get",
    "remember",
    "recall",
    "forget",
    "undo_last",
    "answer_outcome",
    "cancel_job",
    "generate_image",
    "web_search",
    "get_weather",
}
"""They speak of what happened, or of the web; their own tests make it happen."""

each_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: str(tool.name))


def test_all_are_there_once() -> None:
    assert {tool.name for tool in TOOLS} == NAMES
    assert len(TOOLS) == len(NAMES)
    assert FOUND.problems == []


@each_tool
def test_it_has_four_to_thirty_examples_that_give_all_it_needs(tool: Tool[..., Any]) -> None:
    required = set(tool.spec.parameters["required"])

    assert 4 <= len(tool.spec.examples) <= 30
    for example in tool.spec.examples:
        for sentence in expand(example):
            assert required <= set(slots(sentence)), sentence
            assert sentence == sentence.lower()


@each_tool
def test_it_describes_itself_and_each_parameter(tool: Tool[..., Any]) -> None:
    assert tool.spec.description.endswith(".")
    for name, node in tool.spec.parameters["properties"].items():
        assert node.get("description"), name
        assert "title" not in node


def test_no_two_tools_claim_the_same_sentence() -> None:
    owner: dict[str, str] = {}
    for tool in TOOLS:
        for example in tool.spec.examples:
            for sentence in expand(example):
                assert owner.setdefault(sentence, tool.name) == tool.name, sentence


async def test_every_tool_that_wants_words_answers_with_a_sentence_to_speak(tmp_path: Path) -> None:
    async with Registry(data_dir=tmp_path, clock=ManualClock()) as registry:
        for tool, source in FOUND.tools:
            registry.add(tool, source)
        for tool in [tool for tool in TOOLS if tool.name not in NEED_SOMETHING_BEFORE]:
            outcome = await registry.call(tool.name, json.dumps(ARGUMENTS.get(tool.name, {})))

            assert not outcome.is_error, outcome.output
            if not outcome.speak:
                assert "spoken" not in json.loads(outcome.output)
                continue
            spoken = json.loads(outcome.output)["spoken"]
            assert spoken[0].isupper() or spoken[0].isdigit()
            assert spoken.endswith((".", "?", "!"))
            assert not set(spoken) & set("*_`#{}[]|<>")


def test_nothing_imports_the_voice_package() -> None:
    root = Path(tools.__file__).parent
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names.append(node.module or "")
            assert not [name for name in names if name.split(".")[0] == "voice"], path
