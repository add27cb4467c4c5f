"""Everything that one client conversation is made of, and what a step of it may ask for.

The handlers share this object; each of them reads many machines and moves few.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from voice.core.bounded import BoundedDict
from voice.core.client_config import effective_format, full_session
from voice.core.ledger import Ledger
from voice.core.link import Link, LinkState
from voice.core.messages import Action, Publish, SendEvent
from voice.core.playback import Playback
from voice.core.responses import ResponseSlot
from voice.core.timeline import Timeline
from voice.core.tool_calls import ToolCalls
from voice.core.turn_state import TurnState, UserTurn
from voice.core.updates import Phase, PhaseChanged, Update, WarningIssued
from voice.core.uplink import Uplink
from voice.core.wishes import Wishes
from voice.protocol.capabilities import Capabilities
from voice.protocol.client_events import ClientEvent
from voice.protocol.dialects import Dialect
from voice.protocol.formats import AudioFormat
from voice.protocol.session_config import SemanticVad, ServerVad, SessionConfig, TurnDetection

MAX_RESPONSES = 256
"""Responses and cut items remembered, so that what arrives late for them is recognised."""

UNNAMED = "unnamed"
"""Kind of the id that stands for a response whose endpoint gives it none."""

DEAD = -1
"""The epoch of a response that was unwanted when it was born."""


class ClientState:
    """The machines of one conversation, and the actions of the step that is being taken."""

    def __init__(
        self,
        config: SessionConfig,
        *,
        new_id: Callable[[str], str],
        capabilities: Capabilities,
        push_to_talk: bool,
        cancellable_tools: frozenset[str],
    ) -> None:
        self.config = full_session(config, capabilities, has_turns=not push_to_talk)
        self.effective = self.config
        self.new_id = new_id
        self.capabilities = capabilities
        self.push_to_talk = push_to_talk
        self.cancellable_tools = cancellable_tools
        self.dialect = Dialect.GA

        self.now_ms = 0
        self.actions: list[Action] = []
        self.shown_phase = Phase.CONNECTING

        self.link = Link()
        self.slot = ResponseSlot()
        self.turn = UserTurn()
        self.calls = ToolCalls()
        self.wishes = Wishes()
        self.ledger = Ledger()
        self.timeline = Timeline()
        self.uplink = Uplink(self.audio_format("input"))
        self.playback = Playback(self.audio_format("output"))

        self.update_event_id: str | None = None
        self.epoch = 0
        self._epochs: BoundedDict[str, int] = BoundedDict(MAX_RESPONSES)
        self.born: BoundedDict[str, bool] = BoundedDict(MAX_RESPONSES)
        self.finished: BoundedDict[str, bool] = BoundedDict(MAX_RESPONSES)
        self.cut_items: BoundedDict[str, bool] = BoundedDict(MAX_RESPONSES)
        self.own_items: BoundedDict[str, str] = BoundedDict(MAX_RESPONSES)

    # --- what a step asks for ---------------------------------------------------------------------

    def send(self, event: ClientEvent) -> None:
        """Send a wire event."""
        self.actions.append(SendEvent(event))

    def publish(self, update: Update) -> None:
        """Show an update."""
        self.actions.append(Publish(update))

    def warn(self, code: str, message: str) -> None:
        """Show that something odd was survived."""
        self.actions.append(Publish(WarningIssued(code, message)))

    # --- joint state ------------------------------------------------------------------------------

    def audio_format(self, side: Literal["input", "output"]) -> AudioFormat:
        """Return the wire format of one side of the audio."""
        default = getattr(self.capabilities, f"{side}_format")
        return effective_format(self.effective, side, default)

    @property
    def turn_detection(self) -> TurnDetection | None:
        """How the endpoint ends turns; None where we do."""
        audio = self.effective.audio
        return audio.input.turn_detection if audio is not None and audio.input is not None else None

    @property
    def endpoint_interrupts(self) -> bool:
        """Whether the endpoint cancels its own response when it hears speech."""
        rules = self.turn_detection if self.capabilities.cancels_on_speech else None
        if isinstance(rules, ServerVad | SemanticVad):
            return rules.interrupt_response
        return rules is not None

    @property
    def endpoint_answers(self) -> bool:
        """Whether the endpoint starts a response by itself when a turn ends."""
        rules = self.turn_detection
        if isinstance(rules, ServerVad | SemanticVad):
            return rules.create_response
        return rules is not None

    def is_dead(self, response_id: str) -> bool:
        """Return whether what belongs to this response is no longer wanted.

        Every response belongs to the epoch in which it was first seen, and an interruption begins
        a new epoch; a response first seen while it would talk over the user is dead at once.
        """
        epoch = self._epochs.get(response_id)
        if epoch is None:
            unwanted = self.turn.is_speaking or self.slot.is_unwanted
            epoch = self._epochs[response_id] = DEAD if unwanted else self.epoch
        return epoch != self.epoch

    def kill(self, response_id: str) -> None:
        """Want nothing more of a response."""
        self._epochs[response_id] = DEAD

    def is_late(self, response_id: str) -> bool:
        """Return whether a response was seen before and is not the one in the slot."""
        return response_id != self.slot.response_id and response_id in self._epochs

    def show_phase(self) -> None:
        """Tell faces what the conversation is doing, if that changed."""
        phase = self.phase
        if phase is not self.shown_phase:
            self.shown_phase = phase
            self.actions.append(Publish(PhaseChanged(phase)))

    @property
    def phase(self) -> Phase:
        """What the conversation is doing, from the state of all machines."""
        if self.link.is_over:
            return Phase.CLOSED
        if self.link.state is not LinkState.READY:
            return Phase.CONNECTING
        if self.turn.is_speaking:
            return Phase.LISTENING
        if self.playback.is_sounding:
            return Phase.SPEAKING
        if self.calls.is_working:
            return Phase.WORKING
        is_waiting = not self.slot.is_idle or self.wishes.pending is not None
        if is_waiting or self.turn.state is TurnState.OWED:
            return Phase.THINKING
        return Phase.LISTENING
