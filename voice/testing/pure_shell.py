"""A shell without a socket: drives a ClientCore by hand, with a recording speaker on a moved clock.

It performs actions in the order in which a real session does, and keeps a log from which the
conversation can be replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, get_args

from voice.core.client import ClientCore
from voice.core.client_actions import (
    Action,
    FlushPlayback,
    PausePlayback,
    PlayAudio,
    Publish,
    ResumePlayback,
    SendEvent,
)
from voice.core.client_inputs import (
    DialectDetected,
    Input,
    LinkUp,
    PlaybackDrained,
    PlaybackStopped,
    StandbyEvent,
    Started,
    Tick,
)
from voice.core.feeding import feed
from voice.core.reconnect import Persistence
from voice.core.routes import Route
from voice.core.updates import Update
from voice.protocol.capabilities import Capabilities
from voice.protocol.client_events import ClientEvent
from voice.protocol.dialects import Dialect
from voice.protocol.server_events import ServerEvent
from voice.protocol.session_config import SessionConfig
from voice.testing import events
from voice.testing.clock import MovedClock, SequentialIds
from voice.testing.sound import RecordingSpeaker

U = TypeVar("U")


class PureShell:
    """One ClientCore, its clock, its speaker, and everything that it did.

    ``steps`` is the log: time, event, and the actions that the core answered with.
    """

    def __init__(
        self,
        config: SessionConfig | None = None,
        *,
        capabilities: Capabilities | None = None,
        push_to_talk: bool = False,
        cancellable_tools: frozenset[str] = frozenset(),
        fallbacks: Sequence[Route] = (),
        persistence: Persistence | None = None,
        asks_beta: bool = False,
        jitter: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self._config = config or SessionConfig()
        self._capabilities = capabilities or Capabilities()
        self._push_to_talk = push_to_talk
        self._cancellable_tools = cancellable_tools
        self._fallbacks = tuple(fallbacks)
        self._persistence = persistence
        self._asks_beta = asks_beta
        self._jitter = jitter
        self._drawn: list[float] = []
        self.core = self._new_core(self._draw)
        self.clock = MovedClock()
        self.speaker = RecordingSpeaker(self.clock)
        self.speaker.start(lambda: self._feed_inside(PlaybackDrained()))
        self.clock.wake(lambda: self.core.next_deadline_ms(), lambda: self._feed_inside(Tick()))
        self.steps: list[tuple[int, ServerEvent | Input, list[Action]]] = []
        self.done: list[Action] = []
        self._acts: dict[type, Callable[[Action], Input | None]] = {
            action: self.perform for action in get_args(Action)
        }

    def feed(self, event: ServerEvent | Input) -> list[Action]:
        """Feed one event; return everything that was done for it, in order."""
        before = len(self.done)
        self._feed_inside(event)
        return self.done[before:]

    def advance(self, ms: int) -> list[Action]:
        """Let time pass: the speaker plays, deadlines fall due. Return what was done."""
        before = len(self.done)
        self.clock.advance(ms)
        return self.done[before:]

    def connect(self) -> None:
        """Dial, be greeted, configure, be ready."""
        self.feed(Started())
        self.connect_from_dialled()

    def connect_from_dialled(self) -> None:
        """Be greeted, configure, be ready; on the first connection or on a later one."""
        self.feed(LinkUp())
        self.feed(DialectDetected(Dialect.GA))
        self.feed(events.session_created())
        self.feed(events.session_updated())

    def connect_standby(self, unix_s: int = 0) -> None:
        """Have the second connection opened, greeted and configured."""
        news = (
            LinkUp(unix_s),
            DialectDetected(Dialect.GA),
            events.session_created(),
            events.session_updated(),
        )
        for event in news:
            self.feed(StandbyEvent(event))

    def handle(self, event: ServerEvent | Input, now_ms: int) -> list[Action]:
        """Let the core take an event, and log it."""
        actions = self.core.handle(event, now_ms)
        self.steps.append((now_ms, event, list(actions)))
        return actions

    def replays(self) -> bool:
        """Return whether a new core gives the same actions for the same log."""
        drawn = iter(self._drawn)
        core = self._new_core(lambda: next(drawn))
        return all(core.handle(event, now_ms) == done for now_ms, event, done in self.steps)

    def sent(self, kind: type[U]) -> list[U]:
        """Return the sent events of one type, oldest first."""
        return [event for event in sent_in(self.done) if isinstance(event, kind)]

    def updates(self, kind: type[U]) -> list[U]:
        """Return the published updates of one type, oldest first."""
        return [update for update in updates_in(self.done) if isinstance(update, kind)]

    def _draw(self) -> float:
        self._drawn.append(self._jitter())
        return self._drawn[-1]

    def _new_core(self, jitter: Callable[[], float]) -> ClientCore:
        return ClientCore(
            self._config,
            new_id=SequentialIds(),
            capabilities=self._capabilities,
            push_to_talk=self._push_to_talk,
            cancellable_tools=self._cancellable_tools,
            fallbacks=self._fallbacks,
            persistence=self._persistence,
            asks_beta=self._asks_beta,
            jitter=jitter,
        )

    def _feed_inside(self, event: ServerEvent | Input) -> None:
        feed(self, event, self.clock(), self._acts)

    def perform(self, action: Action) -> Input | None:
        """Do one action; the speaker answers a flush."""
        self.done.append(action)
        match action:
            case PlayAudio(item_id, content_index, audio):
                self.speaker.play(item_id, content_index, audio)
            case PausePlayback():
                self.speaker.pause()
            case ResumePlayback():
                self.speaker.resume()
            case FlushPlayback():
                return PlaybackStopped(tuple(self.speaker.flush()))
        return None


def sent_in(actions: list[Action]) -> list[ClientEvent]:
    """Return the wire events among actions."""
    return [action.event for action in actions if isinstance(action, SendEvent)]


def updates_in(actions: list[Action]) -> list[Update]:
    """Return the updates among actions."""
    return [action.update for action in actions if isinstance(action, Publish)]
