"""The client's conversation as one pure machine: an event and a time go in, actions come out.

ClientCore hands each event to its handler (``client_handlers``) and looks at the joint state after
each step. The rules live in the handlers and in the machines that they move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from voice.core.client_actions import Action
from voice.core.client_handlers import ClientHandlers, Handler
from voice.core.client_inputs import Input, LinkDown, MicFrame, Tick
from voice.core.client_state import ClientState
from voice.core.ledger import Ledger
from voice.core.link import LinkEvent, LinkState
from voice.core.reconnect import Persistence
from voice.core.routes import Route
from voice.core.updates import Phase
from voice.errors import VoiceError
from voice.protocol import server_events as wire
from voice.protocol.capabilities import Capabilities
from voice.protocol.formats import AudioFormat
from voice.protocol.playback import HeardPart
from voice.protocol.session_config import SessionConfig


class ClientCore:
    """One client conversation, from the first dial to the end.

    ``config`` may be partial; what it leaves open is filled from ``capabilities``. ``new_id`` gets
    a kind such as ``item`` or ``ask`` and returns an id that begins with it; ids never repeat.
    ``push_to_talk`` keeps the microphone off the wire while the talk button is up, and turn
    detection off. ``cancellable_tools`` are tools that an interruption stops. ``fallbacks`` are
    endpoints to go to where the first is gone, the better ones first. ``jitter`` returns a random
    number in [0, 1) for each wait between two tries to connect; ``name`` and ``asks_beta`` belong
    to the first endpoint as they do to a Route.
    """

    def __init__(
        self,
        config: SessionConfig,
        *,
        new_id: Callable[[str], str],
        capabilities: Capabilities,
        push_to_talk: bool = False,
        cancellable_tools: frozenset[str] = frozenset(),
        fallbacks: Sequence[Route] = (),
        persistence: Persistence | None = None,
        jitter: Callable[[], float] = lambda: 1.0,
        name: str = "the endpoint",
        asks_beta: bool = False,
    ) -> None:
        first = Route(name, capabilities, config, asks_beta)
        self._state = state = ClientState(
            (first, *fallbacks),
            new_id=new_id,
            jitter=jitter,
            persistence=persistence or Persistence(),
            push_to_talk=push_to_talk,
            cancellable_tools=cancellable_tools,
        )
        self._handlers = handlers = ClientHandlers(state)
        # Audio comes fifty times a second each way and moves nothing that is settled afterwards.
        # After the end this is empty, so that audio is absorbed like everything else.
        self._hot: dict[type, Handler] = {
            MicFrame: handlers.speech.on_mic_frame,
            wire.AudioDelta: handlers.responses.on_audio,
        }
        self._inputs = {**handlers.inputs(), Tick: self._on_tick}
        self._events = handlers.wire_events()

    def handle(self, event: wire.ServerEvent | Input, now_ms: int) -> list[Action]:
        """Take one event at one time and return what is to be done, in order.

        Raises LocalProtocolError for a bug of ours; never for anything that an endpoint sends.
        """
        state = self._state
        state.now_ms = now_ms
        actions: list[Action] = []
        state.actions = actions
        hot = self._hot.get(type(event))
        if hot is not None:
            hot(event)
            return actions
        if state.link.is_over:
            self._absorb(event)
            return actions
        handler = self._inputs.get(type(event))
        if handler is None:
            handler = self._events.get(type(event))
            state.last_event_ms = now_ms
        if handler is not None:
            self._take(handler, event)
        if not state.link.is_over:
            self._settle()
        if state.link.is_over:
            self._hot = {}
        else:
            state.show_phase()
        state.cause = ""
        return actions

    def heard_texts(self, heard: Sequence[HeardPart]) -> dict[str, str]:
        """Return for each item that sounds which of its words were heard so far.

        ``heard`` is the speaker's report; an estimate for faces, which changes nothing.
        """
        texts = self._state.playback.heard_texts(heard)
        return {self._state.item_of(tag) or tag: text for tag, text in texts.items()}

    def next_deadline_ms(self) -> int | None:
        """Return when the next ``Tick`` is wanted, or None."""
        state, handlers = self._state, self._handlers
        deadlines = [handlers.link.deadline_ms, state.slot.deadline_ms, state.turn.deadline_ms]
        if state.link.is_over:
            deadlines = [state.link.deadline_ms]
        else:
            deadlines += [handlers.standby.deadline_ms, handlers.keepalive.deadline_ms]
            deadlines += [state.near.deadline_ms, state.hosted.deadline_ms]
        wish = state.wishes.pending
        if wish is not None and state.link.is_ready:
            not_before_ms = max(wish.not_before_ms, state.failures.paused_until_ms)
            if not_before_ms > state.now_ms:
                deadlines.append(not_before_ms)
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    @property
    def phase(self) -> Phase:
        """What the conversation is doing."""
        return self._state.phase

    @property
    def is_closed(self) -> bool:
        """Whether nothing can happen any more: ended, and the socket closed."""
        return self._state.link.state is LinkState.CLOSED

    @property
    def ledger(self) -> Ledger:
        """The conversation so far; read it, do not change it."""
        return self._state.ledger

    @property
    def input_format(self) -> AudioFormat:
        """The wire format of the microphone's audio."""
        return self._state.audio_format("input")

    @property
    def output_format(self) -> AudioFormat:
        """The wire format of the speaker's audio."""
        return self._state.audio_format("output")

    def _take(self, handler: Handler, event: wire.ServerEvent | Input) -> None:
        """Let a handler take an event; an endpoint's oddity that trips it never kills a call."""
        try:
            handler(event)
        except VoiceError:
            raise
        except (LookupError, ValueError, TypeError, AttributeError) as exc:
            if not isinstance(event, wire.ServerEventModel):
                raise
            message = f"{event.type} could not be used ({type(exc).__name__}); it is ignored"
            self._state.warn("event_ignored", message)

    def _settle(self) -> None:
        """Ask for a response, or announce, if now is the moment for it."""
        state, handlers = self._state, self._handlers
        handlers.keepalive.settle()
        handlers.tools.want_answers()
        handlers.hosted.settle()
        handlers.near.settle()
        if handlers.link.leave_barred():
            return
        handlers.standby.settle()
        handlers.opening.tell_restored()
        if handlers.standby.is_switching:
            return
        if not (state.link.is_ready and state.slot.is_idle and state.turn.is_silent):
            return
        if state.near.is_paused:
            return
        handlers.tool_wishes.tell_tools()
        wish = state.wishes.pending
        if wish is None and not state.playback.is_sounding:
            is_asked = handlers.tool_wishes.ask_next()
            if is_asked or (not state.calls.is_working and handlers.speech.announce_next()):
                wish = state.wishes.pending
        if wish is None or state.now_ms < wish.not_before_ms:
            return
        if state.now_ms >= state.failures.paused_until_ms:
            handlers.responses.ask()

    def _absorb(self, event: wire.ServerEvent | Input) -> None:
        """Do nothing for an event that comes after the end, but see the socket close."""
        link = self._state.link
        if not link.may(LinkEvent.LOST):
            return
        if isinstance(event, LinkDown) or link.is_late(self._state.now_ms):
            link.move(LinkEvent.LOST, self._state.now_ms)

    def _on_tick(self, event: Tick) -> None:
        handlers = self._handlers
        handlers.link.expire()
        for expire in (
            handlers.responses.expire,
            handlers.near.expire,
            handlers.speech.expire,
            handlers.standby.expire,
            handlers.keepalive.expire,
            handlers.hosted.expire,
        ):
            if not self._state.link.is_over:
                expire()
