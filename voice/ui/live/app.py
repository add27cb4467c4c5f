"""The live view itself: follows a session, takes keys, and draws ten times a second at most."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import Resize
from textual.widgets import Input, Static

from voice.core.client_inputs import Button
from voice.core.updates import Phase, PhaseChanged
from voice.ui.live import panels
from voice.ui.live.conversation import Conversation
from voice.ui.live.device_list import Device, DeviceList, ListDevices
from voice.ui.live.entries import Role, clean
from voice.ui.live.layout import CSS, SHORT_ROWS, WIDE_COLUMNS
from voice.ui.live.model import LiveModel
from voice.ui.live.recording import RecordingKey
from voice.ui.live.rows import RESTS
from voice.ui.live.talk_key import Mode, TalkKey

if TYPE_CHECKING:
    from rich.text import Text

    from voice.app import OpenSession
    from voice.hands_free import HandsFree

TICK_S = 0.1
MAX_TYPED = 10_000
"""Characters of one typed line."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a live view needs besides the session.

    ``lines`` returns what was written for the terminal since the last call: first lines of tools,
    then of anybody else.
    """

    hands_free: HandsFree | None = None
    list_devices: ListDevices | None = None
    lines: Callable[[], tuple[Sequence[str], Sequence[str]]] = lambda: ((), ())
    talk_mode: Mode = "off"


class LiveApp(App[None]):
    """Shows one open session until it ends or ``q`` is pressed; ``model`` is what it showed."""

    CSS = CSS
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "talk", "talk"),
        Binding("m", "mute", "mute"),
        Binding("t", "type", "type"),
        Binding("d", "devices", "devices"),
        Binding("r", "record", "record"),
        Binding("y", "answer(True)", "yes"),
        Binding("n", "answer(False)", "no"),
        Binding("q", "leave", "quit"),
        Binding("ctrl+c,ctrl+q", "leave", "quit", priority=True),
        Binding("escape", "stop_typing", show=False),
        Binding("up,k", "scroll('up')", show=False),
        Binding("down,j", "scroll('down')", show=False),
        Binding("pageup", "scroll('page_up')", show=False),
        Binding("pagedown", "scroll('page_down')", show=False),
        Binding("home", "scroll('home')", show=False),
        Binding("end", "scroll('end')", show=False),
    ]

    def __init__(self, opened: OpenSession, around: Surroundings) -> None:
        wants_no_color = os.environ.get("NO_COLOR")
        super().__init__(ansi_color=True)
        if wants_no_color is not None:  # Textual takes it away, but programs of tools want it too
            os.environ["NO_COLOR"] = wants_no_color
        loop = asyncio.get_running_loop()
        self._now_s = loop.time
        self._task_factory = loop.get_task_factory()
        self._opened = opened
        self._around = around
        self._talk_key = TalkKey(around.talk_mode)
        self._recording = RecordingKey(opened.recorder)
        self._is_stale = True
        self._shown_second = -1
        self._shown: dict[str, Text] = {}  # bounded: one for each part of the screen
        self.model = LiveModel(opened.endpoint.name, now_s=loop.time())
        self.model.phase = opened.session.phase

    def compose(self) -> ComposeResult:
        """Lay out the parts."""
        yield Static(id="phase", classes="line")
        yield Static(id="meters", classes="line")
        with Container(id="middle"):
            yield Conversation(self.model)
            with Container(id="side"):
                yield Static(id="turn", classes="panel")
                yield Static(id="session", classes="panel")
                yield Static(id="happenings", classes="panel")
        yield Static(id="question", classes="line hidden")
        yield Input(id="typed", classes="hidden", max_length=MAX_TYPED, select_on_focus=False,
                    placeholder="Type a message · Enter sends it · Escape leaves")  # fmt: skip
        yield Static(id="keys", classes="line")

    def on_mount(self) -> None:
        """Begin to follow the session."""
        # Textual would have every task of the session begun eagerly, which changes their order.
        asyncio.get_running_loop().set_task_factory(self._task_factory)
        self.query_one(Conversation).can_focus = False
        self.query_one(Conversation).border_title = "Conversation"
        for name, title in (("turn", "Last turn, ms after you stopped"),
                            ("session", "Session"), ("happenings", "What happened")):  # fmt: skip
            self.query_one(f"#{name}").border_title = title
        self.run_worker(self._follow(), name="follow the session", exit_on_error=False)
        self.set_interval(TICK_S, self._tick)

    def on_resize(self, event: Resize) -> None:
        """Put the panels below or beside the conversation."""
        self.screen.set_class(event.size.width >= WIDE_COLUMNS, "-wide")
        self.screen.set_class(event.size.height < SHORT_ROWS, "-short")
        self._is_stale = True
        self.call_after_refresh(self._draw)

    async def _follow(self) -> None:
        try:
            async for update in self._opened.session.updates():
                self.model.take(update, self._now_s())
                self._is_stale = True
                if isinstance(update, PhaseChanged):
                    self._draw()
        finally:
            self._draw()
            self.exit()

    # --- keys -------------------------------------------------------------------------------------

    def action_talk(self) -> None:
        """Talk, or interrupt; wake what sleeps."""
        if self.model.mode in RESTS and self._around.hands_free is not None:
            self._around.hands_free.wake("the space bar")
        self._press(self._talk_key.press(self._now_s()))

    def action_mute(self) -> None:
        """Close the microphone, or open it again."""
        self.model.is_muted = not self.model.is_muted
        self._press(Button.MUTE if self.model.is_muted else Button.UNMUTE)

    def action_type(self) -> None:
        """Show the line to type on."""
        line = self.query_one("#typed", Input)
        line.remove_class("hidden")
        line.focus()

    def action_stop_typing(self) -> None:
        """Leave the line; what stands there is kept."""
        line = self.query_one("#typed", Input)
        line.add_class("hidden")
        self.set_focus(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Send a typed line."""
        text = event.value.strip()
        event.input.value = ""
        if text:
            self.model.typed(text, self._now_s())
            self._opened.send_text(text)
            self._is_stale = True

    async def action_devices(self) -> None:
        """Show the devices to choose from."""
        if self._around.list_devices is None or self._around.hands_free is None:
            self._note("the devices of this conversation cannot be changed")
            return
        devices = await asyncio.to_thread(self._around.list_devices)
        in_use = self._around.hands_free.devices
        self.push_screen(DeviceList(devices, in_use), self._switch)

    def _switch(self, device: Device | None) -> None:
        if device is None or self._around.hands_free is None:
            return
        self._note(f"{device.kind}: going over to {clean(device.name)}")
        if device.kind == "microphone":
            self._around.hands_free.switch(microphone=device.index)
        else:
            self._around.hands_free.switch(speaker=device.index)

    async def action_record(self) -> None:
        """Tell where the recording is; pressed twice, end it."""
        self._note(await self._recording.press(self._now_s()))

    def action_answer(self, is_yes: bool) -> None:
        """Answer a question that a tool asks, if one is open."""
        consent = self._opened.consent
        if consent is not None and consent.pressed(is_yes=is_yes):
            self._note(f"answered by key: {'yes' if is_yes else 'no'}")

    def action_scroll(self, where: str) -> None:
        """Move through the conversation."""
        view = self.query_one(Conversation)
        getattr(view, f"scroll_{where}")(animate=False)

    def action_leave(self) -> None:
        """End the conversation."""
        self.exit()

    def _press(self, button: Button | None) -> None:
        if button is not None:
            self._opened.session.press(button)
        self._is_stale = True

    def _note(self, text: str, kind: Role = Role.NOTE) -> None:
        self.model.note(text, kind)
        self._is_stale = True

    # --- drawing ----------------------------------------------------------------------------------

    def _tick(self) -> None:
        released = self._talk_key.tick(self._now_s())
        if released is not None:
            self._press(released)
        told, stray = self._around.lines()
        for line in told:
            self.model.tool_line(line)
        for line in stray:
            self.model.logged(line, self._now_s())
        if self.model.phase is Phase.SPEAKING and self.model.hear(
            self._opened.session.heard_texts()
        ):
            self._is_stale = True
        second = int(self._now_s() - self.model.began_s)
        if told or stray or second != self._shown_second:
            self._is_stale = True
        if self._is_stale:
            self._shown_second = second
            self._draw()
        else:
            self._draw_meters()

    def _draw(self) -> None:
        """Draw what has changed."""
        if not self.is_running or len(self.screen_stack) != 1:
            return
        self._is_stale = False
        now_s, width = self._now_s(), self.size.width
        if self._around.hands_free is not None:
            self.model.open_devices(self._around.hands_free.devices)
        self._show("phase", panels.phase_line(self.model, now_s, width))
        self._draw_meters()
        self.query_one(Conversation).sync(now_s)
        self._draw_question()
        for name in ("turn", "session", "happenings"):
            part = self.query_one(f"#{name}", Static)
            size = part.content_size
            if size.width <= 0:
                self._is_stale = self._is_stale or part.display  # it is not laid out yet
                continue
            if name == "turn":
                did = "sent it" if self.model.timing_is_typed else "stopped"
                part.border_title = f"Last turn, ms after you {did}"
                text = panels.timeline_rows(self.model, size.width)
            elif name == "session":
                text = panels.facts_rows(
                    self.model,
                    now_s,
                    size.width,
                    recording=self._recording.state,
                    sound=self._sound(),
                )
            else:
                text = panels.happenings_rows(self.model, size.width, size.height)
            self._show(name, text)
        self._show("keys", panels.keys_line(self._keys(), width))

    def _draw_meters(self) -> None:
        if len(self.screen_stack) != 1:
            return
        hands_free = self._around.hands_free
        if hands_free is not None:
            levels = hands_free.levels()
            if levels.mode != self.model.mode:
                self.model.mode, self._is_stale = levels.mode, True
            self._show("meters", panels.meters_line(self.model, levels, self.size.width))

    def _sound(self) -> str:
        hands_free = self._around.hands_free
        return "" if hands_free is None else panels.sound_words(hands_free.levels())

    def _draw_question(self) -> None:
        question = self._question()
        line = self.query_one("#question", Static)
        line.set_class(question is None, "hidden")
        if question is not None:
            self._show("question", panels.question_line(question, self.size.width))

    def _show(self, name: str, text: Text) -> None:
        """Put a text where it belongs, if it is another than the one that stands there."""
        if self._shown.get(name) != text:
            self._shown[name] = text
            self.query_one(f"#{name}", Static).update(text, layout=False)

    def _question(self) -> str | None:
        return None if self._opened.consent is None else self._opened.consent.question

    def _keys(self) -> list[tuple[str, str]]:
        if self.focused is self.query_one("#typed"):
            return [("Enter", "send"), ("Escape", "back to the keys"), ("Ctrl-C", "quit")]
        is_muted = self.model.is_muted
        answers = [("y", "yes"), ("n", "no")] if self._question() is not None else []
        return [
            *answers,
            ("space", "wake" if self.model.mode in RESTS else self._talk_key.hint),
            ("m", "unmute" if is_muted else "mute"),
            ("t", "type"),
            ("d", "devices"),
            ("r", self._recording.hint),
            ("q", "quit"),
            ("↑↓", "scroll"),
        ]
