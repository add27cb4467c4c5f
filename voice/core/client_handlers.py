"""Which handler takes which event of the client's conversation.

The rules live in the handlers (``client_*``, ``barge_in``) and in the machines that they move.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from voice.core import client_inputs as inp
from voice.core.barge_in import PlaybackHandlers, interrupt
from voice.core.client_approvals import ApprovalHandlers
from voice.core.client_errors import ErrorHandlers
from voice.core.client_hosted import HostedHandlers
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
from voice.core.near_speech import NearSpeechHandlers
from voice.core.updates import DeviceUpdate
from voice.protocol import server_events as wire

Handler: TypeAlias = Callable[[Any], None]

MAX_UNKNOWN_TYPES = 64
"""Unknown event types are told of once each, up to this many."""


class ClientHandlers:
    """Every handler of one conversation."""

    def __init__(self, state: ClientState) -> None:
        self._state = state
        self.opening = OpeningHandlers(state)
        self.link = LinkHandlers(state, self.opening)
        self.standby = StandbyHandlers(state, self.link, self.opening)
        self.speech = SpeechHandlers(state)
        self.near = NearSpeechHandlers(state)
        self.tools = ToolHandlers(state)
        self.tool_wishes = ToolWishHandlers(state)
        self.approvals = ApprovalHandlers(state)
        self.hosted = HostedHandlers(state, self.approvals)
        self.responses = ResponseHandlers(state, self.tools, self.link)
        self.items = ItemHandlers(state)
        self.playback = PlaybackHandlers(state)
        self.errors = ErrorHandlers(state, self.link, self.opening)
        self.keepalive = Keepalive(state)
        self._unknown_types: set[str] = set()  # bounded: MAX_UNKNOWN_TYPES

    def inputs(self) -> dict[type, Handler]:
        """Return who takes which input, but microphone frames and ticks."""
        link, opening, speech = self.link, self.opening, self.speech
        return {
            inp.Started: link.on_started,
            inp.LinkUp: opening.on_up,
            inp.DialectDetected: opening.on_dialect,
            inp.LinkDown: link.on_down,
            inp.FrameRefused: link.on_refused_frame,
            inp.ClockJumped: link.on_clock_jumped,
            inp.StandbyEvent: self.standby.on_event,
            inp.HangUp: link.on_hang_up,
            inp.EndpointsBarred: self._on_barred,
            inp.UserPressed: speech.on_pressed,
            inp.UserTyped: speech.on_typed,
            inp.CommitTurn: speech.on_commit_turn,
            inp.NearSpeech: self.near.on_speech,
            inp.NearVerdict: self.near.on_verdict,
            inp.DeviceChanged: self._on_device,
            inp.Announce: speech.on_announce,
            inp.Withdraw: speech.on_withdraw,
            inp.AskUser: self.tool_wishes.on_ask,
            inp.QuestionOver: self.tool_wishes.on_question_over,
            inp.ApprovalAnswered: self.approvals.on_answered,
            inp.ToolsChanged: self.tool_wishes.on_tools_changed,
            inp.PlaybackStopped: self.playback.on_stopped,
            inp.PlaybackDrained: self.playback.on_drained,
            inp.ToolFinished: self.tools.on_finished,
        }

    def wire_events(self) -> dict[type, Handler]:
        """Return who takes which wire event, but audio."""
        opening, speech = self.opening, self.speech
        items, responses = self.items, self.responses
        return {
            wire.ErrorEvent: self.errors.on_error,
            wire.UnknownEvent: self._on_unknown,
            wire.SessionCreated: opening.on_created,
            wire.SessionUpdated: opening.on_updated,
            wire.InputAudioBufferSpeechStarted: speech.on_speech_started,
            wire.InputAudioBufferSpeechStopped: speech.on_speech_stopped,
            wire.InputAudioBufferCommitted: speech.on_committed,
            wire.ConversationItemAdded: _both(items.on_added, self.hosted.on_item_began),
            wire.ConversationItemCreated: _both(items.on_added, self.hosted.on_item_began),
            wire.ConversationItemDeleted: items.on_deleted,
            wire.ConversationItemTruncated: items.on_truncated,
            wire.ConversationItemRetrieved: items.on_retrieved,
            wire.ConversationItemInputAudioTranscriptionDelta: items.on_transcript_delta,
            wire.ConversationItemInputAudioTranscriptionCompleted: items.on_transcript,
            wire.ConversationItemInputAudioTranscriptionFailed: items.on_transcript_failed,
            wire.ResponseCreated: _both(responses.on_created, self.hosted.on_response_created),
            wire.ResponseDone: _both(responses.on_done, self.hosted.on_response_done),
            wire.ResponseOutputItemAdded: _both(responses.on_item_added, self.hosted.on_item_began),
            wire.ResponseOutputItemDone: _both(responses.on_item_done, self.hosted.on_item_done),
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
        hosted = self.hosted
        return {
            wire.ConversationItemDone: hosted.on_item_done,
            wire.McpListToolsFailed: hosted.on_list_failed,
            wire.ResponseMcpCallArgumentsDelta: hosted.on_arguments,
            wire.ResponseMcpCallArgumentsDone: hosted.on_arguments_done,
            wire.ResponseMcpCallInProgress: hosted.on_call_runs,
            wire.ResponseMcpCallCompleted: hosted.on_call_over,
            wire.ResponseMcpCallFailed: hosted.on_call_over,
        }

    def _on_device(self, event: inp.DeviceChanged) -> None:
        update = DeviceUpdate(event.kind, event.name, event.is_working, event.detail)
        self._state.publish(update)
        is_mute = event.kind == "speaker" and not event.is_working
        if is_mute and self._state.playback.is_sounding:
            # What it had still to say is not heard: what was, is told as after an interruption.
            interrupt(self._state, by_speech=False, cause=event.detail)

    def _on_barred(self, event: inp.EndpointsBarred) -> None:
        self.link.on_barred(event)
        self.standby.on_barred()

    def _on_unknown(self, event: wire.UnknownEvent) -> None:
        known = self._unknown_types
        if event.type.startswith(self._state.capabilities.own_events):
            return
        if event.type not in known and len(known) < MAX_UNKNOWN_TYPES:
            known.add(event.type)
            self._state.warn("unknown_event", f"the endpoint sends {event.type!r:.80}; ignored")


def _both(first: Handler, second: Handler) -> Handler:
    """Return a handler that lets two take an event, in this order."""

    def take(event: Any) -> None:
        first(event)
        second(event)

    return take
