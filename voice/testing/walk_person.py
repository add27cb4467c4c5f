"""The person of a random conversation, with microphone, buttons, keyboard, tools and patience."""

from __future__ import annotations

from collections.abc import Callable, Set

from voice.core import client_inputs as inp
from voice.testing.walk_pick import Pick, one_of


class WalkedPerson:
    """What can happen at this end of a walk; each public method is a move.

    ``feed`` feeds the core and ``advance`` lets milliseconds pass. ``called`` are the tool calls
    that were ever started, as they grow. Without ``has_buttons`` the endpoint ends turns.
    """

    def __init__(
        self,
        pick: Pick,
        feed: Callable[[inp.Input], None],
        advance: Callable[[int], None],
        called: Set[str],
        *,
        has_buttons: bool,
    ) -> None:
        self._pick = pick
        self._feed = feed
        self._advance = advance
        self._called = called
        self._has_buttons = has_buttons

    def mic(self) -> None:
        """Let the microphone hear something."""
        for _ in range(1 + self._pick(20)):
            self._feed(inp.MicFrame(bytes(960)))

    def wait(self) -> None:
        """Let time pass."""
        self._advance(one_of(self._pick, 1, 20, 100, 400, 1_000, 3_000))

    def wait_long(self) -> None:
        """Now and then let much time pass."""
        if self._pick(8) == 0:
            self._advance(one_of(self._pick, 10_000, 61_000))

    def sleep(self) -> None:
        """Seldom close the lid and open it again."""
        if self._pick(16) == 0:
            self._feed(inp.ClockJumped())

    def type(self) -> None:
        """Type a message."""
        self._feed(inp.UserTyped("words"))

    def press(self) -> None:
        """Press a button."""
        buttons = [inp.Button.INTERRUPT, inp.Button.MUTE, inp.Button.UNMUTE]
        if self._has_buttons:
            buttons += [inp.Button.TALK_DOWN, inp.Button.TALK_UP]
        self._feed(inp.UserPressed(one_of(self._pick, *buttons)))

    def hear_near(self) -> None:
        """Let the ear at this end hear somebody."""
        self._feed(inp.NearSpeech("a sound"))

    def judge(self) -> None:
        """Let the ear say what it heard."""
        self._feed(inp.NearVerdict(one_of(self._pick, *inp.NearKind), "words", "a cause"))

    def change_device(self) -> None:
        """Plug a microphone in, or out."""
        self._feed(inp.DeviceChanged("microphone", "USB", bool(self._pick(2)), "unplugged"))

    def commit(self) -> None:
        """End the turn by hand."""
        self._feed(inp.CommitTurn())

    def announce(self) -> None:
        """Let a timer be due."""
        self._feed(inp.Announce("tea"))

    def finish_tool(self) -> None:
        """Let a tool end, now and then one that nobody called."""
        known = sorted(self._called)
        call_id = one_of(self._pick, *known) if known and self._pick(8) else "call_nobody"
        is_error, speak = self._pick(5) == 0, self._pick(4) > 0
        self._feed(inp.ToolFinished(call_id, "output", speak=speak, is_error=is_error))
