from collections.abc import Callable
from pathlib import Path

import pytest

from voice.errors import SettingsError
from voice.protocol.tool_examples import EXAMPLES_KEY
from voice.settings import Settings, load_settings
from voice.toolbox import Toolbox, build_tools, check_tools

DICE = '''
from tools import ToolContext, tool

@tool(examples=["roll the dice"], cancel_on_interrupt=True)
def roll_dice(sides: int = 6) -> str:
    """Roll a die.

    Args:
        sides: How many sides it has.
    """
    return f"You rolled one of {sides}."

@tool
def remind(context: ToolContext) -> str:
    """Say something later."""
    context.say("Here I am.")
    return "I will."
'''
SLOW = '''
import asyncio
from tools import tool

@tool(timeout_s=60)
async def dawdle() -> str:
    """Take long."""
    await asyncio.Event().wait()
'''

Setup = Callable[..., Settings]


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    """Return settings whose tool folder has the given files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)
    folder = tmp_path / "plugins"
    folder.mkdir()

    def write(files: dict[str, str], **flags: object) -> Settings:
        for name, text in files.items():
            (folder / name).write_text(text)
        overrides = {"tools.folder": str(folder), "tools.data_dir": str(tmp_path / "data")}
        named = {key.replace("__", "."): value for key, value in flags.items()}
        return load_settings(overrides={**overrides, **named})

    return write


def names(toolbox: Toolbox) -> list[str]:
    return [spec.name for spec in toolbox.specs]


def test_tools_of_the_folder_join_the_built_in_ones(setup: Setup) -> None:
    toolbox = build_tools(setup({"dice.py": DICE}))
    assert {"roll_dice", "remind", "get_time"} <= set(names(toolbox))
    assert toolbox.problems == ()
    assert toolbox.source("roll_dice").endswith("dice.py")
    assert toolbox.source("no_such_tool") == ""


def test_endpoint_is_told_schema_and_examples(setup: Setup) -> None:
    toolbox = build_tools(setup({"dice.py": DICE}))
    (dice,) = [spec for spec in toolbox.specs if spec.name == "roll_dice"]
    assert dice.parameters is not None
    assert dice.description == "Roll a die."
    assert dice.parameters["properties"]["sides"]["type"] == "integer"
    assert dice.parameters[EXAMPLES_KEY] == ["roll the dice"]


def test_tool_without_examples_carries_no_empty_list(setup: Setup) -> None:
    toolbox = build_tools(setup({"dice.py": DICE}))
    (remind,) = [spec for spec in toolbox.specs if spec.name == "remind"]
    assert EXAMPLES_KEY not in (remind.parameters or {})


def test_only_tools_that_say_so_end_with_an_interruption(setup: Setup) -> None:
    assert build_tools(setup({"dice.py": DICE})).cancellable == {"roll_dice", "web_search"}


def test_disabled_tools_are_left_out(setup: Setup) -> None:
    toolbox = build_tools(setup({"dice.py": DICE}, tools__disabled=("get_time", "remind")))
    assert "roll_dice" in names(toolbox)
    assert not {"get_time", "remind"} & set(names(toolbox))


def test_a_tool_that_is_off_is_offered_where_it_is_turned_on(setup: Setup) -> None:
    assert "http_get" not in names(build_tools(setup({})))
    assert "http_get" in names(build_tools(setup({}, tools__enabled=("http_get",))))


def test_a_name_that_no_tool_bears_is_a_problem_at_start_and_in_the_check(setup: Setup) -> None:
    wanted = setup({"dice.py": DICE}, tools__enabled=["http_got", "roll_dice"])
    told = "tools.enabled: there is no tool 'http_got'; did you mean 'http_get'?"
    assert build_tools(wanted).problems == (told,)
    assert told in check_tools(wanted)[1]


def test_patterns_turn_tools_off_and_one_that_fits_none_is_told_by_the_check(setup: Setup) -> None:
    settings = setup({"dice.py": DICE}, tools__disabled="roll_*,files.*")
    names = [spec.name for spec in build_tools(settings).specs]
    assert "roll_dice" not in names
    assert "remind" in names
    _, wrong = check_tools(settings)
    assert [line for line in wrong if line.startswith("tools.disabled")] == [
        "tools.disabled: 'files.*' fits no tool; 'voice tools' lists their names"
    ]


async def test_files_of_the_allowed_folder_are_read(setup: Setup, tmp_path: Path) -> None:
    (tmp_path / "hello.txt").write_text("Hello there.")
    settings = setup({}, tools__enabled=("read_file",), tools__files_dir=str(tmp_path))
    async with build_tools(settings) as toolbox:
        outcome = await toolbox.call("read_file", '{"path": "hello.txt"}')
    assert "Hello there." in outcome.output


def test_broken_plugin_is_named_and_the_others_work(setup: Setup) -> None:
    toolbox = build_tools(setup({"dice.py": DICE, "broken.py": "def half("}))
    (problem,) = toolbox.problems
    assert "broken.py" in problem
    assert "\n" not in problem
    assert "roll_dice" in names(toolbox)


def test_two_tools_of_one_name_stop_the_start_and_name_both(setup: Setup) -> None:
    with pytest.raises(SettingsError) as caught:
        build_tools(setup({"one.py": DICE, "two.py": DICE}))
    assert "one.py" in str(caught.value)
    assert "two.py" in str(caught.value)


async def test_call_goes_to_the_tool(setup: Setup) -> None:
    async with build_tools(setup({"dice.py": DICE})) as toolbox:
        outcome = await toolbox.call("roll_dice", '{"sides": 20}')
    assert (outcome.output, outcome.is_error) == ("You rolled one of 20.", False)


async def test_unknown_tool_is_an_error_for_the_model(setup: Setup) -> None:
    async with build_tools(setup({})) as toolbox:
        outcome = await toolbox.call("no_such_tool", "{}")
    assert outcome.is_error


async def test_call_ends_at_the_limit_of_the_settings(setup: Setup) -> None:
    async with build_tools(setup({"slow.py": SLOW}, tools__timeout_s=0.05)) as toolbox:
        outcome = await toolbox.call("dawdle", "{}")
    assert outcome.is_error
    assert "0.05 s" in outcome.output


async def test_notice_of_a_tool_is_announced(setup: Setup) -> None:
    notices: list[str] = []
    async with build_tools(setup({"dice.py": DICE}), on_notice=notices.append) as toolbox:
        await toolbox.call("remind", "{}")
    assert notices == ["Here I am."]
