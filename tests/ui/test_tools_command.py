import io
import json
from pathlib import Path

import pytest

from voice.errors import SettingsError
from voice.settings import Settings, load_settings
from voice.ui.tools_command import call_tool, check, list_tools, new

PLUGIN = '''
from tools import ToolContext, ToolError, tool

@tool(examples=["greet {name}"])
def greet(name: str, loudly: bool = False) -> str:
    """Greet somebody.

    Args:
        name: Whom to greet.
    """
    return f"Hello {name}"

@tool
def refuse() -> str:
    """Refuse."""
    raise ToolError("I would rather not.")

@tool
def promise(context: ToolContext) -> str:
    """Say something as well."""
    context.say("And this.")
    return "Done."

@tool(background=True)
def bake(context: ToolContext) -> str:
    """Bake."""
    context.show("hot")
    return "There is cake."
'''


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "greeting.py").write_text(PLUGIN)
    (folder / "broken.py").write_text("def half(")
    return load_settings(overrides={"tools.folder": folder, "tools.data_dir": tmp_path / "data"})


def test_list_as_json_has_schema_examples_and_source(
    settings: Settings, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert list_tools(settings, as_json=True) == 0
    captured = capsysbinary.readouterr()
    (greet,) = [tool for tool in json.loads(captured.out) if tool["name"] == "greet"]
    assert greet["description"] == "Greet somebody."
    assert greet["parameters"]["required"] == ["name"]
    assert "x-examples" not in greet["parameters"]
    assert greet["examples"] == ["greet {name}"]
    assert greet["source"].endswith("greeting.py")
    assert b"voice: warning: tool left out: " in captured.err
    assert b"broken.py" in captured.err


def test_list_for_people_marks_what_may_be_left_out(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list_tools(settings, as_json=False) == 0
    out = capsys.readouterr().out
    assert "\ngreet\n  Greet somebody.\n  name: {" in out
    assert "\n  loudly (optional): {" in out
    assert '\n  e.g. "greet {name}"\n' in out


async def test_call_prints_what_a_model_would_be_told(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await call_tool(settings, "greet", '{"name": "Ada"}') == 0
    assert capsys.readouterr().out == "Hello Ada\n"


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("refuse", "{}", "I would rather not."),
        ("greet", "{}", "name"),
        ("greet", "{broken", "JSON"),
        ("nothing", "{}", "no tool called 'nothing'"),
    ],
)
async def test_call_that_fails_has_status_1_and_one_line(
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    name: str,
    arguments: str,
    words: str,
) -> None:
    assert await call_tool(settings, name, arguments) == 1
    captured = capsys.readouterr()
    errors = [line for line in captured.err.splitlines() if line.startswith("voice: error: ")]
    assert len(errors) == 1
    assert words in errors[0]
    assert captured.out == ""


async def test_notice_goes_to_stderr(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await call_tool(settings, "promise", "{}") == 0
    captured = capsys.readouterr()
    assert captured.out == "Done.\n"
    assert "And this.\n" in captured.err


def test_check_tells_what_is_wrong_and_how_many_there_are(
    settings: Settings, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert check(settings) == 1
    told = capfdbinary.readouterr().out.decode()
    assert "refuse: it has no example sentences" in told
    assert "to look at" in told.splitlines()[-1]


def test_new_writes_a_tool_that_can_be_called(
    settings: Settings, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert new(settings, "water_plants") == 0
    assert "voice tools call water_plants" in capfdbinary.readouterr().out.decode()
    with pytest.raises(SettingsError, match="exists already"):
        new(settings, "water_plants")


async def test_a_call_in_the_background_is_waited_for_and_told(
    settings: Settings, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert await call_tool(settings, "bake", "{}") == 0
    captured = capsysbinary.readouterr()
    assert json.loads(captured.out)["status"] == "running"
    assert captured.err.decode().splitlines()[-2:] == [
        "hot",
        "The job 'bake' is done: There is cake.",
    ]


PAINT = '''
from tools import ToolContext, tool

@tool
def paint(context: ToolContext) -> str:
    """Paint the wall."""
    return f"painted {context.ask('Which colour?')}"
'''


@pytest.mark.parametrize(
    ("typed", "status", "told"), [("blue\n", 0, "painted blue"), ("", 1, "nobody here to ask")]
)
async def test_a_question_of_a_tool_is_answered_by_a_line(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    typed: str,
    status: int,
    told: str,
) -> None:
    assert settings.tools.folder is not None
    (settings.tools.folder / "paint.py").write_text(PAINT)
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))

    assert await call_tool(settings, "paint", "{}") == status

    seen = capfd.readouterr()
    assert "Which colour?" in seen.err
    assert told in (seen.err if status else seen.out)
