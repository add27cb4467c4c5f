"""The connections of a random conversation: they come, fail, break off, and are taken over."""

from __future__ import annotations

from collections.abc import Callable

from voice.core import client_actions as act
from voice.core import client_inputs as inp
from voice.protocol.client_events import ConversationItemCreate, ResponseCreate
from voice.protocol.dialects import Dialect
from voice.protocol.server_events import ServerEvent
from voice.testing import events
from voice.testing.walk_pick import Pick

LOST = (
    inp.LinkDown(1006, "broke off"),
    inp.LinkDown(1001, "goes away"),
    inp.LinkDown(1013, "busy"),
)
REFUSED = (
    inp.LinkDown(0, "nobody answers"),
    inp.LinkDown(503, "has a fault"),
    inp.LinkDown(429, "busy", retry_after_ms=2_000),
)


class WalkedLinks:
    """The network's side of a walk: what the core dials, and what became of it.

    ``feed`` feeds the core; ``renewed`` is called when another session of an endpoint is talked to.
    """

    def __init__(
        self,
        pick: Pick,
        feed: Callable[[ServerEvent | inp.Input], None],
        renewed: Callable[[], None],
    ) -> None:
        self._pick = pick
        self._feed = feed
        self._renewed = renewed
        self.is_up = False
        """Whether there is a session that may say something."""
        self.is_dialling = False
        self.standby_is_dialling = False
        self.requests: list[str] = []
        """Event ids of the responses that were asked for in this session, oldest first."""
        self.created: list[ConversationItemCreate] = []
        """Items that were created in this session."""
        self._told_standby: list[ConversationItemCreate] = []

    def follow(self, action: act.Action) -> None:
        """See what the core did."""
        match action:
            case act.Connect():
                self.is_up, self.is_dialling = False, True
            case act.DropLink() | act.Close():
                self.is_up = self.is_dialling = False
            case act.ConnectStandby():
                self.standby_is_dialling = True
                self._told_standby = []
            case act.CloseStandby():
                self.standby_is_dialling = False
            case act.TakeOver():
                self.standby_is_dialling = False
                self._begin()
            case act.SendStandby(event=ConversationItemCreate() as event):
                self._told_standby.append(event)
            case act.SendEvent(event=ResponseCreate() as event):
                self.requests.append(event.event_id or "")
            case act.SendEvent(event=ConversationItemCreate() as event):
                self.created.append(event)

    def open(self, *, surely: bool = False) -> None:
        """Answer a dial, mostly with a session."""
        if not self.is_dialling:
            return
        self.is_dialling = False
        if not surely and self._pick(4) == 0:
            self._feed(REFUSED[self._pick(len(REFUSED))])
            return
        self.is_up = True
        self._begin()
        self._feed(inp.LinkUp())
        if not surely and self._pick(8) == 0:
            self._feed(events.error("server_error"))
            return
        self._feed(inp.DialectDetected(Dialect.GA))
        self._feed(events.session_created())
        self._feed(events.session_updated())

    def lose(self) -> None:
        """Let the connection break off, now and then."""
        if self._pick(4) == 0 and self.is_up:
            self.is_up = False
            self._feed(LOST[self._pick(len(LOST))])

    def open_standby(self) -> None:
        """Answer the dial of a second connection, mostly with a session that takes the history."""
        if not self.standby_is_dialling:
            return
        self.standby_is_dialling = False
        if self._pick(4) == 0:
            self._feed(inp.StandbyEvent(inp.LinkDown(503, "has a fault")))
            return
        self._feed(inp.StandbyEvent(inp.LinkUp()))
        self._feed(inp.StandbyEvent(inp.DialectDetected(Dialect.GA)))
        self._feed(inp.StandbyEvent(events.session_created()))
        self._feed(inp.StandbyEvent(events.session_updated()))
        for told in list(self._told_standby):
            news = events.item_added(told.item.to_wire())
            if self._pick(8) == 0:
                news = events.error("invalid_value", event_id=told.event_id)
            self._feed(inp.StandbyEvent(news))

    def _begin(self) -> None:
        self.requests, self.created = [], []
        self._renewed()
