"""The client's conversation as one pure machine: an event and a time go in, actions come out.

ClientCore only wires: which handler takes which event, and what is looked at after each step. The
rules live in the handlers (``client_*``, ``barge_in``) and in the machines that they move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from voice.core.barge_in import PlaybackHandlers, interrupt
from voice.core.client_actions import Action
from voice.core.client_errors import ErrorHandlers
from voice.core.client_hosted import HostedHandlers
from voice.core.client_inputs import (
    Announce,
    ApprovalAnswered,
    AskUser,
    ClockJumped,
    CommitTurn,
    DeviceChanged,
    DialectDetected,
    EndpointsBarred,
    FrameRefused,
    HangUp,
    Input,
    LinkDown,
    LinkUp,
    MicFrame,
    NearSpeech,
    NearVerdict,
    PlaybackDrained,
    PlaybackStopped,
    QuestionOver,
    StandbyEvent,
    Started,
    Tick,
    ToolFinished,
    ToolsChanged,
    UserPressed,
    UserTyped,
    Withdraw,
)
from voice.core.client_items import ItemHandlers
from voice.core.client_link import LinkHandlers
from voice.core.client_opening import OpeningHandlers
from voice.core.client_responses import ResponseHandlers
from voice.core.client_speech import SpeechHandlers
from voice.core.client_standby import StandbyHandlers
from voice.core.client_state import ClientState
from voice.core.client_tool_wishes import ToolWishHandlers
from voice.core.client_tools import ToolHandlers
from voice.core.keepalive import Keepalive
from voice.core.ledger import Ledger
from voice.core.link import LinkEvent, LinkState
from voice.core.near_speech import NearSpeechHandlers
from voice.core.reconnect import Persistence
from voice.core.routes import Route
from voice.core.updates import DeviceUpdate, Phase
from voice.errors import VoiceError
from voice.protocol import server_events as wire
from voice.protocol.capabilities import Capabilities
from voice.protocol.formats import AudioFormat
from voice.protocol.playback import HeardPart
from voice.protocol.session_config import SessionConfig

Handler: TypeAlias = Callable[[Any], None]

MAX_UNKNOWN_TYPES = 64
"""Unknown event types are told of once each, up to this many."""


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
        self._opening = OpeningHandlers(state)
        self._link = LinkHandlers(state, self._opening)
        self._standby = StandbyHandlers(state, self._link, self._opening)
        self._speech = SpeechHandlers(state)
        self._near = NearSpeechHandlers(state)
        self._tools = ToolHandlers(state)
        self._tool_wishes = ToolWishHandlers(state)
        self._hosted = HostedHandlers(state)
        self._responses = ResponseHandlers(state, self._tools, self._link)
        self._items = ItemHandlers(state)
        self._playback = PlaybackHandlers(state)
        self._errors = ErrorHandlers(state, self._link, self._opening)
        self._keepalive = Keepalive(state)
        self._unknown_types: set[str] = set()
        # Audio comes fifty times a second each way and moves nothing that is settled afterwards.
        # After the end this is empty, so that audio is absorbed like everything else.
        self._hot: dict[type, Handler] = {
            MicFrame: self._speech.on_mic_frame,
            wire.AudioDelta: self._responses.on_audio,
        }
        self._inputs, self._events = self._input_handlers(), self._wire_handlers()

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
        state = self._state
        deadlines = [self._link.deadline_ms, state.slot.deadline_ms, state.turn.deadline_ms]
        if state.link.is_over:
            deadlines = [state.link.deadline_ms]
        else:
            deadlines += [self._standby.deadline_ms, self._keepalive.deadline_ms]
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
        state = self._state
        self._keepalive.settle()
        self._tools.want_answers()
        self._hosted.settle()
        self._near.settle()
        if self._link.leave_barred():
            return
        self._standby.settle()
        self._opening.tell_restored()
        if self._standby.is_switching:
            return
        if not (state.link.is_ready and state.slot.is_idle and state.turn.is_silent):
            return
        if state.near.is_paused:
            return
        self._tool_wishes.tell_tools()
        wish = state.wishes.pending
        if wish is None and not state.playback.is_sounding:
            is_asked = self._tool_wishes.ask_next()
            if is_asked or (not state.calls.is_working and self._speech.announce_next()):
                wish = state.wishes.pending
        if wish is None or state.now_ms < wish.not_before_ms:
            return
        if state.now_ms >= state.failures.paused_until_ms:
            self._responses.ask()

    def _absorb(self, event: wire.ServerEvent | Input) -> None:
        """Do nothing for an event that comes after the end, but see the socket close."""
        link = self._state.link
        if not link.may(LinkEvent.LOST):
            return
        if isinstance(event, LinkDown) or link.is_late(self._state.now_ms):
            link.move(LinkEvent.LOST, self._state.now_ms)

    def _on_tick(self, event: Tick) -> None:
        self._link.expire()
        for expire in (
            self._responses.expire,
            self._near.expire,
            self._speech.expire,
            self._standby.expire,
            self._keepalive.expire,
            self._hosted.expire,
        ):
            if not self._state.link.is_over:
                expire()

    def _on_device(self, event: DeviceChanged) -> None:
        update = DeviceUpdate(event.kind, event.name, event.is_working, event.detail)
        self._state.publish(update)
        is_mute = event.kind == "speaker" and not event.is_working
        if is_mute and self._state.playback.is_sounding:
            # What it had still to say is not heard: what was, is told as after an interruption.
            interrupt(self._state, by_speech=False, cause=event.detail)

    def _on_barred(self, event: EndpointsBarred) -> None:
        self._link.on_barred(event)
        self._standby.on_barred()

    def _on_unknown(self, event: wire.UnknownEvent) -> None:
        known = self._unknown_types
        if event.type.startswith(self._state.capabilities.own_events):
            return
        if event.type not in known and len(known) < MAX_UNKNOWN_TYPES:
            known.add(event.type)
            self._state.warn("unknown_event", f"the endpoint sends {event.type!r:.80}; ignored")

    def _input_handlers(self) -> dict[type, Handler]:
        link, opening, speech = self._link, self._opening, self._speech
        return {
            Started: link.on_started,
            LinkUp: opening.on_up,
            DialectDetected: opening.on_dialect,
            LinkDown: link.on_down,
            FrameRefused: link.on_refused_frame,
            ClockJumped: link.on_clock_jumped,
            StandbyEvent: self._standby.on_event,
            HangUp: link.on_hang_up,
            EndpointsBarred: self._on_barred,
            UserPressed: speech.on_pressed,
            UserTyped: speech.on_typed,
            CommitTurn: speech.on_commit_turn,
            NearSpeech: self._near.on_speech,
            NearVerdict: self._near.on_verdict,
            DeviceChanged: self._on_device,
            Announce: speech.on_announce,
            Withdraw: speech.on_withdraw,
            AskUser: self._tool_wishes.on_ask,
            QuestionOver: self._tool_wishes.on_question_over,
            ApprovalAnswered: self._hosted.on_answered,
            ToolsChanged: self._tool_wishes.on_tools_changed,
            PlaybackStopped: self._playback.on_stopped,
            PlaybackDrained: self._playback.on_drained,
            ToolFinished: self._tools.on_finished,
            Tick: self._on_tick,
        }

    def _wire_handlers(self) -> dict[type, Handler]:
        opening, speech = self._opening, self._speech
        items, responses = self._items, self._responses
        return {
            wire.ErrorEvent: self._errors.on_error,
            wire.UnknownEvent: self._on_unknown,
            wire.SessionCreated: opening.on_created,
            wire.SessionUpdated: opening.on_updated,
            wire.InputAudioBufferSpeechStarted: speech.on_speech_started,
            wire.InputAudioBufferSpeechStopped: speech.on_speech_stopped,
            wire.InputAudioBufferCommitted: speech.on_committed,
            wire.ConversationItemAdded: _both(items.on_added, self._hosted.on_item_began),
            wire.ConversationItemCreated: _both(items.on_added, self._hosted.on_item_began),
            wire.ConversationItemDeleted: items.on_deleted,
            wire.ConversationItemTruncated: items.on_truncated,
            wire.ConversationItemRetrieved: items.on_retrieved,
            wire.ConversationItemInputAudioTranscriptionDelta: items.on_transcript_delta,
            wire.ConversationItemInputAudioTranscriptionCompleted: items.on_transcript,
            wire.ConversationItemInputAudioTranscriptionFailed: items.on_transcript_failed,
            wire.ResponseCreated: _both(responses.on_created, self._hosted.on_response_created),
            wire.ResponseDone: _both(responses.on_done, self._hosted.on_response_done),
            wire.ResponseOutputItemAdded: _both(
                responses.on_item_added, self._hosted.on_item_began
            ),
            wire.ResponseOutputItemDone: _both(responses.on_item_done, self._hosted.on_item_done),
            wire.ResponseContentPartAdded: responses.on_sign_of_life,
            wire.ResponseContentPartDone: responses.on_sign_of_life,
            wire.ResponseFunctionCallArgumentsDelta: responses.on_sign_of_life,
            wire.ResponseFunctionCallArgumentsDone: responses.on_sign_of_life,
            wire.ResponseOutputTextDelta: responses.on_words,
            wire.ResponseOutputTextDone: responses.on_words_done,
            wire.ResponseOutputAudioTranscriptDelta: responses.on_words,
            wire.ResponseOutputAudioTranscriptDone: responses.on_words_done,
            wire.ResponseOutputAudioDone: responses.on_audio_done,
            **self._hosted_handlers(),
        }

    def _hosted_handlers(self) -> dict[type, Handler]:
        hosted = self._hosted
        return {
            wire.ConversationItemDone: hosted.on_item_done,
            wire.McpListToolsFailed: hosted.on_list_failed,
            wire.ResponseMcpCallArgumentsDelta: hosted.on_arguments,
            wire.ResponseMcpCallArgumentsDone: hosted.on_arguments_done,
            wire.ResponseMcpCallInProgress: hosted.on_call_runs,
            wire.ResponseMcpCallCompleted: hosted.on_call_over,
            wire.ResponseMcpCallFailed: hosted.on_call_over,
        }


def _both(first: Handler, second: Handler) -> Handler:
    """Return a handler that lets two take an event, in this order."""

    def take(event: Any) -> None:
        first(event)
        second(event)

    return take
