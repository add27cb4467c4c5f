"""Entries are wrapped beside their labels, and drawn again only where they changed."""

from textual.app import App, ComposeResult

from voice.core.updates import AssistantTranscript, UserTranscript
from voice.ui.live.conversation import Conversation
from voice.ui.live.model import LiveModel


class Shown(App[None]):
    """One conversation."""

    def __init__(self) -> None:
        super().__init__(ansi_color=True)
        self.model = LiveModel("x", now_s=0.0)

    def compose(self) -> ComposeResult:
        yield Conversation(self.model)

    def rows(self) -> list[str]:
        view = self.query_one(Conversation)
        view.sync(1.0)
        return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


async def test_words_are_wrapped_beside_the_label() -> None:
    app = Shown()
    async with app.run_test(size=(40, 8)):
        app.model.take(UserTranscript("i", "one two three four five six seven", True), 0.5)
        rows = app.rows()

    assert rows[:3] == [" You        one two three four five six", "            seven", ""]


async def test_blank_line_stands_before_each_further_turn() -> None:
    app = Shown()
    async with app.run_test(size=(60, 8)):
        app.model.take(UserTranscript("i", "Hello.", True), 0.5)
        app.model.take(AssistantTranscript("r", "a", "Good day.", True), 0.6)
        app.model.take(UserTranscript("j", "Bye.", True), 0.7)
        rows = app.rows()

    assert rows[:4] == [" You        Hello.", " Assistant  Good day.", "", " You        Bye."]


async def test_empty_conversation_says_what_to_do() -> None:
    app = Shown()
    async with app.run_test(size=(80, 8)):
        app.model.note("x")
        app.model.entries.clear()
        rows = app.rows()

    assert rows[0].strip().startswith("Speak, or press t and type.")


async def test_narrower_terminal_wraps_anew() -> None:
    app = Shown()
    async with app.run_test(size=(80, 8)) as pilot:
        app.model.take(UserTranscript("i", "one two three four five six seven", True), 0.5)
        assert app.rows()[1] == ""
        await pilot.resize_terminal(30, 8)
        await pilot.pause()
        assert app.rows()[1].strip() == "four five six"


async def test_wide_characters_keep_within_the_terminal() -> None:
    app = Shown()
    async with app.run_test(size=(40, 12)):
        app.model.take(UserTranscript("i", "今日の天気はどうですか" * 5, True), 0.5)
        view = app.query_one(Conversation)
        view.sync(1.0)
        widths = [view.render_line(y).cell_length for y in range(view.size.height)]

    assert max(widths) <= 40
