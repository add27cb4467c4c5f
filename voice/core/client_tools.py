"""Function calls: run once, answered once, and one response asked for when all are answered."""

from __future__ import annotations

from voice.core.client_actions import StartTool
from voice.core.client_inputs import ToolFinished
from voice.core.client_state import ClientState
from voice.core.ledger import Entry
from voice.core.tool_calls import Call
from voice.core.updates import ToolCallFinished, ToolCallStarted
from voice.protocol.client_events import ConversationItemCreate
from voice.protocol.items import FunctionCall, FunctionCallOutput

NOT_RUN_INTERRUPTED = "Not run: the user interrupted before the call began."
DONE_BEFORE = "Done before; it was not done again."
NOT_RUN_TOO_MANY = "Not run: too many calls in this turn. Answer with what you have."

MAX_REFUSED = 8
"""Calls that are refused before an endpoint that calls on is not asked again: it would for ever."""


class ToolHandlers:
    """Take calls from the endpoint and their results from the shell."""

    def __init__(self, state: ClientState) -> None:
        self._state = state
        self._refused = 0

    def on_call(self, item: FunctionCall, response_id: str, *, is_dead: bool) -> None:
        """Run a call, unless it is known already.

        A call of a response that was interrupted has no effect, but an answer all the same: a
        conversation with an unanswered call breaks later turns.
        """
        state, call_id = self._state, item.call_id
        if not call_id or not item.name:
            state.warn("nameless_call", "the endpoint sent a function call without name or call_id")
            return
        wire_id = ""
        if state.calls.is_known(call_id):
            if state.calls.is_repeated(call_id, item.name, item.arguments, state.now_ms):
                self._repeat(item, call_id, is_dead=is_dead)
                return
            self._let_id_go(call_id)
            wire_id, call_id = call_id, state.new_id("again")
        is_full = state.calls.is_full
        self._refused = self._refused + 1 if is_full else 0
        call = Call(call_id, item.name, response_id, item.arguments, wire_id)
        state.calls.started(call)
        if response_id in state.finished:
            state.calls.response_over(response_id)
        self._note(item)
        if is_dead:
            self._answer(call_id, NOT_RUN_INTERRUPTED, speak=False, is_error=True)
        elif is_full:
            is_hopeless = self._refused > MAX_REFUSED
            if self._refused == MAX_REFUSED + 1:
                state.warn("endless_calls", "the endpoint calls tools without end; it may rest now")
            self._answer(call_id, NOT_RUN_TOO_MANY, speak=not is_hopeless, is_error=True)
        else:
            state.actions.append(StartTool(call_id, item.name, item.arguments))
            state.publish(ToolCallStarted(call_id, item.name, item.arguments))

    def _repeat(self, item: FunctionCall, call_id: str, *, is_dead: bool) -> None:
        """Take a call that was made before: it has no second effect.

        One of an earlier session gets its answer again, since this session waits for one.
        """
        state = self._state
        running = state.calls.running_as(call_id)
        if running is not None:
            state.untold_calls.discard(running.call_id)
        if not state.calls.take_repeated(call_id):
            return
        output_id, event_id = state.new_id("item"), state.new_id("add")
        output = next(
            (
                entry.text
                for entry in state.ledger
                if entry.kind == "function_call_output" and entry.call_id == call_id
            ),
            DONE_BEFORE,
        )
        again = FunctionCallOutput(id=output_id, call_id=call_id, output=output)
        state.send(ConversationItemCreate(event_id=event_id, item=again))
        if not is_dead:
            state.wishes.want([output_id])

    def _let_id_go(self, wire_id: str) -> None:
        """Call what an earlier session called by this id by another: the endpoint counts anew."""
        state, other_id = self._state, self._state.new_id("again")
        state.calls.release(wire_id, other_id)
        for entry in state.ledger:
            if entry.call_id == wire_id:
                entry.call_id = other_id

    def on_finished(self, event: ToolFinished) -> None:
        """Send the one output of a call."""
        self._answer(event.call_id, event.output, speak=event.speak, is_error=event.is_error)

    def want_answers(self) -> None:
        """Want a response where all calls of a response are answered and some result speaks."""
        output_ids = self._state.calls.take_closed()
        if output_ids is not None:
            self._state.wishes.want(output_ids)

    def _answer(self, call_id: str, output: str, *, speak: bool, is_error: bool) -> None:
        state = self._state
        output_id = state.new_id("item")
        call = state.calls.finished(call_id, output_id, speak=speak, now_ms=state.now_ms)
        if call is None:
            state.warn("late_tool_result", "a tool call was answered twice; the later is dropped")
            return
        if call_id in state.untold_calls:
            self._tell_call(call)
        event_id = state.new_id("add")
        item = FunctionCallOutput(id=output_id, call_id=call.on_wire, output=output)
        state.send(ConversationItemCreate(event_id=event_id, item=item))
        state.own_items[event_id] = output_id
        entry = Entry(output_id, "function_call_output", text=output, call_id=call.on_wire)
        state.ledger.add(entry)
        state.publish(ToolCallFinished(call_id, call.name, output, is_error))

    def _tell_call(self, call: Call) -> None:
        """Tell a session of a call that an earlier one made, just before its output."""
        state = self._state
        state.untold_calls.discard(call.call_id)
        entry = next(
            (
                entry
                for entry in state.ledger
                if entry.kind == "function_call" and entry.call_id == call.on_wire
            ),
            None,
        )
        if entry is None:
            entry = Entry(state.new_id("item"), "function_call", name=call.name)
            entry.call_id, entry.arguments = call.on_wire, call.arguments or "{}"
        else:
            state.ledger.delete(entry.item_id)
        state.ledger.add(entry)
        event_id = state.new_id("add")
        item = FunctionCall(
            id=entry.item_id,
            name=call.name,
            call_id=call.on_wire,
            arguments=entry.arguments,
        )
        state.send(ConversationItemCreate(event_id=event_id, item=item))

    def _note(self, item: FunctionCall) -> None:
        """Complete the ledger's entry of a call, made now if it is new."""
        ledger = self._state.ledger
        item_id = item.id or item.call_id or ""
        entry = ledger.get(item_id)
        if entry is None:
            entry = Entry(item_id, "function_call", role="assistant")
            ledger.add(entry)
        entry.name, entry.call_id, entry.arguments = item.name, item.call_id, item.arguments
        entry.status = "completed"
