"""Keys do what they say, and what happens is on the screen; on a real session."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.ui.live.stage import Stage, stage
from voice.testing import events
from voice.testing.endpoint import Peer
from voice.ui.live.conversation import Conversation

CLIENTS_MOVES = (
    "conversation.item.create",
    "conversation.item.truncate",
    "conversation.item.retrieve",
    "conversation.item.delete",
    "response.create",
    "response.cancel",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
)


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)


async def quiet(peer: Peer) -> None:
    peer.tolerate(*CLIENTS_MOVES)
    await peer.greet()


async def speaking(peer: Peer) -> None:
    await quiet(peer)
    await peer.send(events.response_created("r1"))
    await peer.send(events.words("r1", "a1", "A long answer with many words that takes a while."))
    await peer.send(events.audio_delta("r1", "a1", 60_000))


def sent(on: Stage, kind: str) -> list[object]:
    return [event for event in on.peer.received if event.type == kind]


async def test_phase_cause_levels_and_keys_are_on_the_screen(tmp_path: Path) -> None:
    async with stage(quiet, tmp_path) as on:
        await on.until(lambda: "LISTENING" in on.text("phase"))
        assert "-30 dB speech" in on.text("meters")
        assert "silent" in on.text("meters")
        await on.until(lambda: "Microphone  Built-in Microphone" in on.text("session"))
        await on.until(lambda: "quit" in on.text("keys"))
        for key in ("space", "m", "t", "d", "r", "q"):
            assert f" {key} " in on.text("keys")


async def test_space_interrupts_an_answer(tmp_path: Path) -> None:
    async with stage(speaking, tmp_path) as on:
        await on.until(lambda: "SPEAKING" in on.text("phase"))
        await on.until(lambda: any("▸" in entry for entry in on.entries))
        await on.pilot.press("space")
        await on.until(lambda: any("[not heard:" in entry for entry in on.entries))
        assert "SPEAKING" not in on.text("phase")


async def test_space_wakes_what_sleeps(tmp_path: Path) -> None:
    async with stage(quiet, tmp_path) as on:
        on.card.now = replace(on.card.now, mode="asleep")
        await on.until(lambda: "ASLEEP" in on.text("phase") and "wake" in on.text("keys"))
        await on.pilot.press("space")
        await on.until(lambda: on.card.wakes == 1)


async def test_m_mutes_and_unmutes(tmp_path: Path) -> None:
    async with stage(quiet, tmp_path) as on:
        await on.pilot.press("m")
        await on.until(lambda: "MUTED" in on.text("phase"))
        await on.until(lambda: "muted" in on.text("meters") and "unmute" in on.text("keys"))
        await on.pilot.press("m")
        await on.until(lambda: "LISTENING" in on.text("phase"))


async def test_typed_line_is_sent_and_escape_leaves_the_line(tmp_path: Path) -> None:
    async with stage(quiet, tmp_path) as on:
        await on.pilot.press("t", *"hi m", "enter")
        await on.until(lambda: bool(sent(on, "conversation.item.create")))
        assert on.entries[-1] == "You: hi m"
        await on.until(lambda: "send" in on.text("keys"))
        await on.pilot.press("escape", "m")
        await on.until(lambda: on.app.model.is_muted)


async def test_device_is_chosen_from_the_list(tmp_path: Path) -> None:
    async with stage(quiet, tmp_path) as on:
        await on.pilot.press("d")
        await on.until(lambda: len(on.app.screen_stack) == 2)
        await on.pilot.press("down", "enter")
        await on.until(lambda: bool(on.card.switched))
        assert on.card.switched == [("microphone", 3)]
        await on.until(lambda: on.entries[-1:] == ["·: microphone: going over to USB Microphone"])


async def test_escape_leaves_the_devices_as_they_are(tmp_path: Path) -> None:
    async with stage(quiet, tmp_path) as on:
        await on.pilot.press("d")
        await on.until(lambda: len(on.app.screen_stack) == 2)
        await on.pilot.press("escape")
        await on.until(lambda: len(on.app.screen_stack) == 1)
        assert on.card.switched == []


async def test_r_says_where_the_recording_is(tmp_path: Path) -> None:
    async with stage(quiet, tmp_path, record=tmp_path / "talk.box") as on:
        await on.pilot.press("r")
        await on.until(lambda: "talk.box" in "".join(on.entries))
        await on.until(lambda: "on, " in on.text("session"))


async def test_r_without_a_recording_says_how_to_make_one(tmp_path: Path) -> None:
    async with stage(quiet, tmp_path) as on:
        await on.pilot.press("r")
        await on.until(lambda: "--record FILE" in "".join(on.entries))


async def test_toggled_talk_button_goes_down_and_up(tmp_path: Path) -> None:
    async with stage(quiet, tmp_path, talk_mode="toggle") as on:
        await on.until(lambda: " space talk " in on.text("keys").replace("  ", " "))
        await on.pilot.press("space")
        await on.until(lambda: "end your turn" in on.text("keys"))
        await on.pilot.press("space")
        await on.until(lambda: "end your turn" not in on.text("keys"))


TOOL = '''
from tools import tool

@tool(effect="irreversible")
def erase(name: str) -> str:
    """Erase a thing.

    Args:
        name: Which.
    """
    return f"{name} is erased"
'''


async def test_question_of_a_tool_is_answered_by_a_key(tmp_path: Path) -> None:
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "erase.py").write_text(TOOL)

    async def script(peer: Peer) -> None:
        await quiet(peer)
        await peer.send(events.response_created("r1"))
        await peer.send(events.call_done("r1", "c1", "erase", '{"name": "everything"}'))
        await peer.send(events.response_done("r1"))

    async with stage(script, tmp_path, **{"tools.folder": str(folder)}) as on:
        await on.until(lambda: "everything" in on.text("question"))
        assert "y yes · n no" in on.text("question")
        await on.pilot.press("n")
        await on.until(lambda: "·: answered by key: no" in on.entries)
        await on.until(lambda: on.app.query_one("#question").has_class("hidden"))


async def test_lines_of_tools_are_part_of_the_talk_and_logs_are_not(tmp_path: Path) -> None:
    waiting = [(["files: 40%"], ["ALSA lib underrun"])]
    async with stage(
        quiet, tmp_path, size=(160, 40), lines=lambda: waiting.pop() if waiting else ([], [])
    ) as on:
        await on.until(lambda: "ALSA lib underrun" in on.text("happenings"))
        assert on.entries == ["·: files: 40%"]


async def test_end_of_the_session_closes_the_view(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        await quiet(peer)
        await peer.send(events.transcribed("user_1", "Goodbye."))

    async with stage(script, tmp_path) as on:
        await on.until(lambda: "You: Goodbye." in on.entries)
        await on.app._opened.session.close()
        await on.until(lambda: not on.app.is_running)
        assert on.app.model.ended is not None


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_leaving_keys_close_the_view(tmp_path: Path, key: str) -> None:
    async with stage(quiet, tmp_path) as on:
        await on.pilot.press(key)
        await on.until(lambda: not on.app.is_running)
        assert not on.app.return_code


async def test_panels_stand_beside_the_conversation_where_there_is_room(tmp_path: Path) -> None:
    async with stage(quiet, tmp_path, size=(200, 60)) as on:
        await on.until(lambda: "the connection" in on.text("happenings"))
        conversation = on.app.query_one(Conversation).region
        assert on.app.query_one("#turn").region.x >= conversation.right
        await on.pilot.resize_terminal(80, 24)
        await on.until(lambda: on.app.query_one("#turn").region.x == 0)
        assert on.app.query_one("#turn").region.y >= on.app.query_one(Conversation).region.bottom


async def test_small_terminal_keeps_phase_conversation_and_keys(tmp_path: Path) -> None:
    async with stage(quiet, tmp_path, size=(40, 12)) as on:
        await on.until(lambda: "LISTENING" in on.text("phase"))
        assert not on.app.query_one("#side").display
        assert on.app.query_one(Conversation).region.height >= 8


async def test_typing_does_not_press_keys_and_text_is_kept_over_escape(tmp_path: Path) -> None:
    async with stage(quiet, tmp_path) as on:
        await on.pilot.press("t", *"q m d", "escape", "t", "enter")
        await on.until(lambda: on.entries == ["You: q m d"])
        assert on.app.is_running


async def test_scrolled_conversation_stays_where_it_is_read(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        await quiet(peer)
        for number in range(40):
            await peer.send(events.transcribed(f"i{number}", f"Sentence number {number}."))

    async with stage(script, tmp_path) as on:
        view = on.app.query_one(Conversation)
        await on.until(lambda: len(on.entries) == 40 and view.is_vertical_scroll_end)
        await on.pilot.press("home")
        await on.until(lambda: view.scroll_offset.y == 0)
        await on.peer.send(events.transcribed("late", "One more."))
        await on.until(lambda: len(on.entries) == 41)
        assert view.scroll_offset.y == 0
        await on.pilot.press("end")
        await on.until(lambda: view.is_vertical_scroll_end)
