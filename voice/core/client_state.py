"""Everything that one client conversation is made of, and what a step of it may ask for.

The handlers share this object; each of them reads many machines and moves few.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from voice.core.bounded import BoundedDict
from voice.core.causes import phase_cause
from voice.core.client_actions import Action, Publish, SendEvent
from voice.core.client_config import effective_format, full_session
from voice.core.hosted_tools import HostedTools
from voice.core.ledger import Ledger
from voice.core.link import Link, LinkState
from voice.core.near_state import NearSound
from voice.core.playback import Playback
from voice.core.question import Question
from voice.core.reconnect import Attempts, Persistence
from voice.core.response_failures import ResponseFailures
from voice.core.responses import ResponseSlot
from voice.core.restore import CONTINUES, History
from voice.core.routes import Route, Routes
from voice.core.timeline import Timeline
from voice.core.tool_calls import ToolCalls
from voice.core.turn_state import TurnState, UserTurn
from voice.core.updates import Phase, PhaseChanged, Update, WarningIssued
from voice.core.uplink import Uplink
from voice.core.wishes import Wishes
from voice.protocol.client_events import ClientEvent
from voice.protocol.dialects import Dialect
from voice.protocol.formats import AudioFormat
from voice.protocol.session_config import (
    McpTool,
    SemanticVad,
    ServerVad,
    SessionConfig,
    TurnDetection,
)

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
        routes: Sequence[Route],
        *,
        new_id: Callable[[str], str],
        jitter: Callable[[], float],
        persistence: Persistence,
        push_to_talk: bool,
        cancellable_tools: frozenset[str],
    ) -> None:
        self.new_id = new_id
        self.routes = Routes(routes)
        self.persistence = persistence
        self.push_to_talk = push_to_talk
        self.cancellable_tools = cancellable_tools
        self.config = self.effective = self.config_for(0, is_first=True)
        self.capabilities = self.routes.route.capabilities
        self.dialect = Dialect.GA

        self.now_ms = 0
        self.actions: list[Action] = []
        self.shown_phase = Phase.CONNECTING
        self.cause = ""
        """Why the step that is being taken changes the phase, where a handler knows."""
        self.cut_cause = ""
        """Why the speaker was told to fall silent last."""

        self._make_machines(jitter)
        self.has_been_ready = False
        """Whether there ever was a session; from then on the conversation outlives connections."""
        self.update_event_id: str | None = None
        self.last_event_ms = 0
        """When the endpoint last said anything but audio."""
        self.spoken_item = ""
        """The item of the user's last spoken turn."""
        self.owes_commit = False
        """Whether a turn was committed that no endpoint knows of."""
        self.history: History | None = None
        """What the current session was told of the conversation before it; None for the first."""
        self.retold: set[str] = set()
        """Items that the current session has as text, though they were spoken."""
        self.untold_calls: set[str] = set()
        """Calls that run and that the current session knows nothing of."""
        self._names: BoundedDict[str, str] = BoundedDict(MAX_RESPONSES)
        self._sessions = 0
        self._suffix = ""
        self.wordless: BoundedDict[str, bool] = BoundedDict(MAX_RESPONSES)
        self.epoch = 0
        self.forget_session()

    def _make_machines(self, jitter: Callable[[], float]) -> None:
        self.link = Link()
        self.attempts = Attempts(self.persistence, jitter)
        self.slot = ResponseSlot()
        self.turn = UserTurn()
        self.near = NearSound()
        self.calls = ToolCalls()
        self.hosted = HostedTools()
        self.wishes = Wishes()
        self.question = Question()
        self.ledger = Ledger()
        self.failures = ResponseFailures()
        self.timeline = Timeline()
        self.uplink = Uplink(self.audio_format("input"))
        self.playback = Playback(self.audio_format("output"))

    def forget_session(self) -> None:
        """Forget what belongs to one session of an endpoint; ids may come again in the next."""
        self.slot = ResponseSlot()
        self._epochs: BoundedDict[str, int] = BoundedDict(MAX_RESPONSES)
        self.born: BoundedDict[str, bool] = BoundedDict(MAX_RESPONSES)
        self.finished: BoundedDict[str, bool] = BoundedDict(MAX_RESPONSES)
        self.cut_items: BoundedDict[str, bool] = BoundedDict(MAX_RESPONSES)
        self.own_items: BoundedDict[str, str] = BoundedDict(MAX_RESPONSES)
        self.history = None
        self.epoch += 1

    def config_for(self, endpoint: int, *, is_first: bool) -> SessionConfig:
        """Return the whole configuration to send to an endpoint.

        In all sessions but the first the instructions end by telling the model so; the sentence is
        added to what the caller gave, so that it never piles up.
        """
        route = self.routes.at(endpoint)
        config = full_session(route.config, route.capabilities, has_turns=not self.push_to_talk)
        if is_first:
            return config
        told = "\n\n".join(text for text in (config.instructions, CONTINUES) if text)
        return config.model_copy(update={"instructions": told})

    def adopt(self, history: History) -> None:
        """Take the ids that the items of the conversation have in a new session."""
        names = history.adopt(self.ledger)
        # The speaker reports what was heard only after the connection is lost.
        self.cut_items.clear()
        for tag, known in list(self._names.items()):
            self._names[tag] = names.get(known, known)
        for old, new in names.items():
            self._names[self.tag(old)] = new
        self._sessions += 1
        self._suffix = f"#{self._sessions}"
        self.history = history
        self.retold = set(names.values())
        self.wishes.rename(names)
        self.spoken_item = names.get(self.spoken_item, self.spoken_item)
        answered = {entry.call_id for entry in self.ledger if entry.kind == "function_call_output"}
        self.untold_calls = {
            call.call_id for call in self.calls.running if call.on_wire not in answered
        }
        self.calls.session_began()

    def rename(self, item_id: str, new_id: str) -> None:
        """Give one item of text another id."""
        self.ledger.rename({item_id: new_id})
        self.retold.discard(item_id)
        self.retold.add(new_id)
        for tag, known in list(self._names.items()):
            if known == item_id:
                self._names[tag] = new_id

    def tag(self, item_id: str) -> str:
        """Return what the speaker knows an item of this session by.

        Some endpoints count their items anew in every session; to the speaker they must differ.
        """
        return item_id + self._suffix if self._suffix else item_id

    def item_of(self, tag: str) -> str | None:
        """Return the id that an item of the speaker has now, whichever session it came from.

        None for one of an earlier session that this one knows nothing of.
        """
        found = self._names.get(tag)
        if found is None and tag.endswith(self._suffix):
            return tag.removesuffix(self._suffix)
        return found

    # --- what a step asks for ---------------------------------------------------------------------

    def send(self, event: ClientEvent) -> None:
        """Send a wire event where there is a session.

        Without one nothing is lost: the next session is told the conversation as it is then.
        """
        if self.link.is_ready:
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
    def shown_session(self) -> SessionConfig:
        """The configuration in force as it may be shown: without keys for servers of tools."""
        tools = [
            tool.without_secrets() if isinstance(tool, McpTool) else tool
            for tool in self.effective.tools or ()
        ]
        return self.effective.model_copy(update={"tools": tools}) if tools else self.effective

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

    @property
    def is_overruling(self) -> bool:
        """Whether the answer sounds, or is paused, although the endpoint hears the user."""
        return self.near.is_overruling and self.playback.is_sounding

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
            before, self.shown_phase = self.shown_phase, phase
            cause = self.cause or phase_cause(before, phase, self.turn.state)
            self.actions.append(Publish(PhaseChanged(phase, cause)))

    @property
    def phase(self) -> Phase:
        """What the conversation is doing, from the state of all machines."""
        if self.link.is_over:
            return Phase.CLOSED
        if self.link.state is not LinkState.READY:
            return Phase.RECONNECTING if self.has_been_ready else Phase.CONNECTING
        if self.turn.is_speaking and not self.is_overruling:
            return Phase.LISTENING
        if self.playback.is_sounding:
            return Phase.SPEAKING
        is_waiting = not self.slot.is_idle or self.wishes.pending is not None
        is_working = self.calls.is_working or self.hosted.is_working
        if is_working and not (self.question.is_asked and not is_waiting):
            return Phase.WORKING
        if is_waiting or self.turn.state is TurnState.OWED:
            return Phase.THINKING
        return Phase.LISTENING
