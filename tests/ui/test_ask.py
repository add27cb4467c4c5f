import io
from pathlib import Path

import numpy as np
import orjson
import pytest
from rich.console import Console

from tests.server.serving_kit import engines, server
from voice.audio.files import read_audio, write_wav
from voice.audio.ports import RATE_HZ
from voice.audio.recording import Take
from voice.engines.scripted import ScriptedReply, tone
from voice.errors import AudioFileError, SettingsError
from voice.settings import Settings, load_settings
from voice.ui.ask import (
    MAX_TEXT,
    AskRequest,
    ask,
    check_writable,
    converse,
    joined,
    prepare_turns,
    write_reply,
)
from voice.ui.asking import Spoken, Typed
from voice.ui.render import View

SPEECH = Spoken("speech.wav", tone(600, rate_hz=RATE_HZ))


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("VOICE_TOOLS__DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)


def settings(url: str) -> Settings:
    return load_settings(overrides={"endpoint.url": url})


def recording_view() -> tuple[View, io.StringIO]:
    stream = io.StringIO()
    return View(Console(file=stream)), stream


async def test_conversation_with_a_tool_is_told_whole() -> None:
    replies = [ScriptedReply(calls=(("get_time", {"place": "Tokyo"}),)), "It is nine."]
    view, shown = recording_view()
    async with server(engines(replies=replies, heard=["What time is it?"])) as running:
        outcome = await converse(settings(running.url), [SPEECH], view, is_fast=True)
    (turn,) = outcome.turns
    assert (turn.user_text, turn.assistant_text) == ("What time is it?", "It is nine.")
    (use,) = turn.tools
    assert (use.name, use.is_error) == ("get_time", False)
    assert "Asia/Tokyo" in (use.output or "")
    assert outcome.said and outcome.answered
    assert "Tool       get_time(" in shown.getvalue()


async def test_json_is_all_that_is_on_stdout(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    request = AskRequest(("Hello",), as_json=True, is_fast=True, out=Path("reply.wav"))
    async with server(engines(replies=["Hi there."])) as running:
        status = await ask(request, settings(running.url))
    captured = capsysbinary.readouterr()
    report = orjson.loads(captured.out)
    assert status == 0
    assert report["turns"][0]["assistant_text"] == "Hi there."
    assert report["reply_wav"] == "reply.wav"
    assert read_audio("reply.wav").size * 1_000 // RATE_HZ == report["turns"][0]["audio_ms"]


async def test_what_a_tool_prints_does_not_get_into_the_json(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "noisy.py").write_text(
        "from tools import tool\nprint('imported')\n\n@tool\ndef shout() -> str:\n"
        "    print('called')\n    return 'done'\n"
    )
    monkeypatch.setenv("VOICE_TOOLS__FOLDER", str(plugins))
    replies = [ScriptedReply(calls=(("shout", {}),)), "Done."]
    request = AskRequest(("Shout",), as_json=True, is_fast=True)
    async with server(engines(replies=replies)) as running:
        await ask(request, settings(running.url))
    captured = capsysbinary.readouterr()
    assert orjson.loads(captured.out)["turns"][0]["tools"][0]["output"] == "done"
    assert b"imported" in captured.err
    assert b"called" in captured.err


async def test_what_comes_of_a_job_is_heard_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "baking.py").write_text(
        "import threading\nfrom tools import ToolContext, tool\n\n"
        "@tool(background=True)\ndef bake(ctx: ToolContext) -> str:\n"
        '    """Bake."""\n    threading.Event().wait(1.5)\n    ctx.show("hot")\n'
        "    return 'There is cake.'\n"
    )
    monkeypatch.setenv("VOICE_TOOLS__FOLDER", str(plugins))
    replies = [ScriptedReply(calls=(("bake", {}),)), "I have begun.", "The cake is there."]
    view, shown = recording_view()
    bundle = engines(replies=replies)
    async with server(bundle) as running:
        outcome = await converse(settings(running.url), [Typed("Bake")], view, is_fast=True)
    (turn,) = outcome.turns
    assert "The cake is there." in turn.assistant_text
    assert "There is cake." in str(bundle.brain.requests[-1])
    assert "Tools      hot" in shown.getvalue()


async def test_failed_answer_is_told_and_is_no_success(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Every try to ask again fails as well.
    replies = [ScriptedReply(error="the model is on fire")] * 10
    async with server(engines(replies=replies)) as running:
        status = await ask(AskRequest(("Hello",), is_fast=True), settings(running.url))
    assert status == 1
    captured = capsys.readouterr()
    assert "the model is on fire" in captured.out
    assert "voice: error: no turn was answered: the endpoint fails again" in captured.err


async def test_one_answer_among_several_turns_is_a_success(
    capsys: pytest.CaptureFixture[str],
) -> None:
    replies = [ScriptedReply(error="once"), "Hi."]
    async with server(engines(replies=replies)) as running:
        status = await ask(AskRequest(("One", "Two"), is_fast=True), settings(running.url))
    assert status == 0
    assert "voice: error" not in capsys.readouterr().err


def test_files_and_texts_are_prepared_in_order(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.ones(2_400, np.int16), RATE_HZ)
    first, second = prepare_turns(["Hello", tmp_path / "a.wav"])
    assert first == Typed("Hello")
    assert isinstance(second, Spoken)
    assert second.seconds == 0.1


@pytest.mark.parametrize("text", ["", "  \n", "x" * (MAX_TEXT + 1)])
def test_text_that_is_no_turn_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="--text"):
        prepare_turns([text])


def test_broken_bytes_of_the_command_line_become_question_marks() -> None:
    assert prepare_turns(["a\udcffb"]) == [Typed("a?b")]


def test_check_leaves_no_file_and_no_change_behind(tmp_path: Path) -> None:
    check_writable(tmp_path / "new.wav", [])
    assert not (tmp_path / "new.wav").exists()
    (tmp_path / "old.wav").write_bytes(b"old")
    check_writable(tmp_path / "old.wav", [])
    assert (tmp_path / "old.wav").read_bytes() == b"old"


def test_question_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"x")
    with pytest.raises(AudioFileError, match="is one of the questions"):
        check_writable(Path("./a.wav"), [tmp_path / "a.wav"])


def test_nothing_is_written_where_nothing_was_answered(tmp_path: Path) -> None:
    assert write_reply(tmp_path / "reply.wav", []) is None
    assert not (tmp_path / "reply.wav").exists()


def test_answers_are_joined_without_the_pauses_between() -> None:
    takes = [Take(1.0, np.ones(10, np.int16)), Take(9.0, np.full(5, 2, np.int16))]
    assert joined(takes).tolist() == [1] * 10 + [2] * 5


async def test_a_timer_that_ended_before_is_told_beside_the_conversation(tmp_path: Path) -> None:
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "late.py").write_text(LATE_TOOL)
    view, shown = recording_view()
    async with server(engines(replies=["Hello."])) as running:
        wanted = load_settings(overrides={"endpoint.url": running.url, "tools.folder": str(folder)})
        outcome = await converse(wanted, [Typed("Hi.")], view, is_fast=True)
    (turn,) = outcome.turns
    assert (turn.user_text, turn.assistant_text) == ("Hi.", "Hello.")
    assert "Missed     Your eggs were ready." in shown.getvalue()


LATE_TOOL = """
from tools import ToolContext, tool


@tool
def eggs(ctx: ToolContext) -> str:
    \"\"\"Boil eggs.\"\"\"
    return "Done."


@eggs.on_start
def told(ctx: ToolContext) -> None:
    ctx.say("Your eggs were ready.")
"""


async def test_what_was_answered_before_the_link_was_lost_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = engines(replies=["First answer."])
    async with server(bundle) as running:

        class Leaving(type(bundle.brain)):
            """Closes every connection at its second request."""

            async def respond(self, request):
                if self.requests:
                    for connection in list(running.state.connections):
                        connection.close(1011, "gone")
                async for delta in super().respond(request):
                    yield delta

        bundle.brain.__class__ = Leaving
        out = tmp_path / "reply.wav"
        request = AskRequest(("One?", "Two?"), out=out, as_json=True, is_fast=True)
        # Asked at connection after connection, the question is given up in the end.
        assert await ask(request, settings(running.url)) == 0
    report = orjson.loads(capsys.readouterr().out)
    assert report["turns"][0]["assistant_text"] == "First answer."
    assert report["reply_wav"] == str(out)
    assert len(read_audio(out)) > 0
