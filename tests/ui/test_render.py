import io
from dataclasses import replace

import pytest
from rich.console import Console

from voice.core.cost import CostUpdated, Tokens
from voice.core.updates import (
    AssistantTranscript,
    ConnectionLost,
    DeviceUpdate,
    EndpointChanged,
    ErrorReported,
    Interrupted,
    Phase,
    PhaseChanged,
    Reconnected,
    ResponseFinished,
    SessionRenewed,
    ToolCallFinished,
    ToolCallStarted,
    TurnTimeline,
    Update,
    UserTranscript,
    WarningIssued,
)
from voice.ui.render import MAX_SHOWN, View, call_text, incomplete_text, printable, shortened
from voice.ui.turns import Timing, Turn

PAID = CostUpdated("r", "", Tokens(), Tokens(), Tokens(), 0.01, 0.01, 0.02, 3.0, "USD")


def shown(update: Update, turn: Turn | None = None, *, terminal: bool = False) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream, width=80, force_terminal=terminal, color_system=None, legacy_windows=False
    )
    View(console).show(update, turn)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("update", "line"),
    [
        (UserTranscript("i", "Hello.", is_final=True), "You        Hello.\n"),
        (AssistantTranscript("r", "i", "Hi.", is_final=True), "Assistant  Hi.\n"),
        (ToolCallStarted("c", "get_time", '{"place":"Tokyo"}'), 'Tool       get_time(place="Tok'),
        (ToolCallFinished("c", "get_time", "nine", is_error=False), "           → nine\n"),
        (ToolCallFinished("c", "x", "no", is_error=True), "           failed: no\n"),
        (Interrupted("i", 0, "", "all"), "           (interrupted; heard: nothing)\n"),
        (
            Interrupted("i", 900, "Sure.", "all", cause="'wait' asks for silence"),
            "           (interrupted, 'wait' asks for silence; heard: Sure.)\n",
        ),
        (
            DeviceUpdate("microphone", "USB", True, "listening with 'USB'"),
            "           (microphone: USB, listening with 'USB')\n",
        ),
        (
            DeviceUpdate("microphone", "", True, "half duplex"),
            "           (microphone: half duplex)\n",
        ),
        (
            DeviceUpdate("speaker", "USB", False, "no speaker is left"),
            "Warning    speaker: USB, no speaker is left\n",
        ),
        (ConnectionLost("gone", 0, 1), "           (the connection is lost: gone; trying again)\n"),
        (Reconnected("full"), "           (connected again; the conversation goes on)\n"),
        (
            Reconnected("partial", 2),
            "           (connected again; the conversation goes on, w",
        ),
        (EndpointChanged("local", 1, "gone"), "           (going on at local, since gone)\n"),
        (EndpointChanged("OpenAI", 0, ""), "           (going on at OpenAI, which is back)\n"),
        (PAID, "Cost       0.0100 USD · session 0.0200 · today 3.00\n"),
        (replace(PAID, response_id="", item_id="u1"), ""),
        (replace(PAID, price=None), ""),
        (WarningIssued("odd", "odd thing"), "Warning    odd thing\n"),
        (ErrorReported("e", "it broke"), "Error      it broke\n"),
        (ResponseFinished("r", "incomplete", "max_output_tokens"), "Warning    the answer is inc"),
    ],
)
def test_plain_line_of_each_update(update: Update, line: str) -> None:
    assert shown(update).startswith(line)


@pytest.mark.parametrize(
    "update",
    [
        UserTranscript("i", "Hel", is_final=False),
        UserTranscript("i", " ", is_final=True),
        AssistantTranscript("r", "i", "H", is_final=False),
        PhaseChanged(Phase.THINKING),
        ConnectionLost("gone", 500, 2),
        SessionRenewed("full"),
        ResponseFinished("r", "completed"),
    ],
)
def test_updates_of_no_interest_print_nothing(update: Update) -> None:
    assert shown(update) == ""


def test_timeline_is_printed_once_there_are_words() -> None:
    turn = Turn(0.0, timing=Timing(280, 281, 300, 390, 900))
    assert shown(TurnTimeline("r", 0, 280, 281), turn) == ""
    assert "first audio 390" in shown(TurnTimeline("r", 0, 280, 281, 300, 390, 900), turn)


def test_long_text_is_wrapped_beside_its_label_in_a_terminal() -> None:
    text = " ".join(["word"] * 40)
    lines = shown(UserTranscript("i", text, is_final=True), terminal=True).splitlines()
    assert len(lines) > 1
    assert all(len(line) <= 80 for line in lines)
    assert lines[1].startswith(" " * 11 + "word")


def test_word_that_is_wider_than_the_terminal_is_folded_and_not_cut() -> None:
    lines = shown(UserTranscript("i", "x" * 200, is_final=True), terminal=True)
    assert lines.count("x") == 200


def test_long_text_stays_one_line_outside_a_terminal() -> None:
    text = " ".join(["word"] * 40)
    assert len(shown(UserTranscript("i", text, is_final=True)).splitlines()) == 1


def test_control_characters_never_reach_the_terminal() -> None:
    line = shown(AssistantTranscript("r", "i", "a\x1b[2Jb\r\nc\x07", is_final=True))
    assert "\x1b" not in line
    assert line.count("\n") == 1


def test_square_brackets_are_no_markup() -> None:
    assert "[bold]x[/bold]" in shown(UserTranscript("i", "[bold]x[/bold]", is_final=True))


def test_call_is_written_as_a_programmer_would() -> None:
    assert call_text("add", '{"a": 1, "b": "two"}') == 'add(a=1, b="two")'
    assert call_text("add", "{broken") == "add({broken)"
    assert call_text("now", "") == "now()"


def test_long_output_is_cut() -> None:
    assert shortened("x" * 1_000) == "x" * (MAX_SHOWN - 1) + "…"


def test_printable_keeps_words_of_every_language() -> None:
    assert printable("naïve 日本語 emoji 🙂") == "naïve 日本語 emoji 🙂"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("max_output_tokens", "raise session.max_output_tokens"),
        ("content_filter", "withheld"),
        ("turn_off", "incomplete: turn_off"),
        (None, "no reason given"),
    ],
)
def test_an_incomplete_answer_shows_its_cause_and_the_mend(reason: str | None, words: str) -> None:
    assert words in incomplete_text(reason)
