"""Tools of servers that the endpoint connects to, and calls itself: shown as ours are.

Before a call that wants it, the endpoint asks for leave; that is in ``client_approvals``.
"""

from __future__ import annotations

from voice.core.client_approvals import ApprovalHandlers
from voice.core.client_state import ClientState
from voice.core.hosted_tools import (
    CALL_LIMIT_MS,
    MAX_CALLS,
    OUTPUT_LIMIT_MS,
    HostedCall,
    HostedTools,
)
from voice.core.responses import SlotState
from voice.core.updates import (
    ApprovalOver,
    HostedToolsListed,
    ToolCallFinished,
    ToolCallStarted,
)
from voice.protocol import server_events as wire
from voice.protocol.dialects import Dialect
from voice.protocol.items import (
    AssistantMessage,
    Item,
    McpApprovalRequest,
    McpCall,
    McpListTools,
)
from voice.protocol.session_config import hosted_servers

LOST = "The connection was lost; what came of it is not known."
SILENT = "The endpoint never said what came of it."
FAILED = "The endpoint says that it failed."

ItemBegan = wire.ConversationItemAdded | wire.ConversationItemCreated | wire.ResponseOutputItemAdded
ItemDone = wire.ConversationItemDone | wire.ResponseOutputItemDone


class HostedHandlers:
    """Take what the endpoint says of tools of its own."""

    def __init__(self, state: ClientState, approvals: ApprovalHandlers) -> None:
        self._state = state
        self._approvals = approvals
        self._checked: object = None
        self._warned: set[int] = set()

    # --- what the endpoint says -------------------------------------------------------------------

    def on_item_began(self, event: ItemBegan) -> None:
        """An item entered the conversation, perhaps not whole yet."""
        self._see(event.item, _response_of(event), is_done=False)

    def on_item_done(self, event: ItemDone) -> None:
        """An item is complete; some endpoints say so twice."""
        self._see(event.item, _response_of(event), is_done=True)

    def on_response_done(self, event: wire.ResponseDone) -> None:
        """A response is over; what its calls gave is told by another one."""
        state, hosted = self._state, self._state.hosted
        response_id = event.response.id or ""
        for item in event.response.output:
            if isinstance(item, McpCall | McpApprovalRequest):
                self._see(item, response_id, is_done=True)
        for call in [call for call in hosted.calls.values() if call.has_failed is not None]:
            self._finish(call, None)
        if hosted.owed_by is not None and state.slot.is_idle:
            is_dead = bool(hosted.owed_by) and state.is_dead(hosted.owed_by)
            hosted.owed_by = None
            if not is_dead:
                state.wishes.want()

    def on_response_created(self, event: wire.ResponseCreated) -> None:
        """Another response began; unless nobody wants it, it tells what the calls gave."""
        if self._state.slot.state is SlotState.ACTIVE:
            self._state.hosted.owed_by = None

    def on_arguments(self, event: wire.ResponseMcpCallArgumentsDelta) -> None:
        """More of a call's arguments: a sign of life."""
        self._alive(event.response_id)

    def on_arguments_done(self, event: wire.ResponseMcpCallArgumentsDone) -> None:
        """A call has all its arguments."""
        self._alive(event.response_id)
        call = self._state.hosted.calls.get(event.item_id)
        if call is not None:
            call.arguments = event.arguments or call.arguments
            self._show(call)

    def on_call_runs(self, event: wire.ResponseMcpCallInProgress) -> None:
        """The endpoint runs a call."""
        call = self._state.hosted.calls.get(event.item_id)
        if call is not None:
            self._alive(call.response_id)
            call.deadline_ms = self._state.now_ms + CALL_LIMIT_MS

    def on_call_over(
        self, event: wire.ResponseMcpCallCompleted | wire.ResponseMcpCallFailed
    ) -> None:
        """A call is over; its output comes with its item."""
        call = self._state.hosted.calls.get(event.item_id)
        if call is None:
            return
        self._alive(call.response_id)
        call.deadline_ms = self._state.now_ms + OUTPUT_LIMIT_MS
        call.has_failed = isinstance(event, wire.ResponseMcpCallFailed)

    def on_list_failed(self, event: wire.McpListToolsFailed) -> None:
        """The endpoint could not reach a server, or was not let in."""
        servers = hosted_servers(self._state.config.tools)
        known = self._state.hosted.servers.get(event.item_id)
        if known is None and len(servers) == 1:
            known = servers[0].server_label
        name = known or "NAME"
        which = f"the server {known!r}" if known else "one of the servers"
        self._state.warn(
            "hosted_tools_failed",
            f"the endpoint could not list the tools of {which}; the conversation goes on without "
            f"them. Check the address and the authorization in [session.mcp.{name}]",
        )

    # --- time and connections ---------------------------------------------------------------------

    def settle(self) -> None:
        """Say once for each endpoint that it connects to no servers."""
        state = self._state
        if state.config is self._checked or not state.link.is_ready:
            return
        self._checked = state.config
        names = [server.server_label for server in hosted_servers(state.config.tools)]
        does = state.capabilities.hosts_mcp and state.dialect is Dialect.GA
        if not names or does or state.routes.current in self._warned:
            return
        self._warned.add(state.routes.current)
        tables = ", ".join(f"[session.mcp.{name}]" for name in names)
        state.warn(
            "hosted_tools_left_out",
            f"{state.routes.route.name} connects to no servers of tools itself, so {tables} is "
            f"left out; a table [tools.mcp.{names[0]}] with its url runs it from here instead",
        )

    def expire(self) -> None:
        """Give up what nobody answers, and what is never over."""
        state, hosted = self._state, self._state.hosted
        self._approvals.expire()
        for call in list(hosted.calls.values()):
            if state.now_ms < call.deadline_ms:
                continue
            if call.has_failed is None:
                self._over(call, SILENT, is_error=True)
            else:
                self._finish(call, None)

    # --- items ------------------------------------------------------------------------------------

    def _see(self, item: Item, response_id: str, *, is_done: bool) -> None:
        match item:
            case McpListTools(id=str(item_id)):
                self._list(item, item_id, is_done=is_done)
            case McpCall(id=str(item_id)):
                self._call(item, item_id, response_id, is_done=is_done)
            case McpApprovalRequest(id=str(item_id)) if is_done:
                self._alive(response_id)
                self._approvals.request(item, item_id, response_id)
            case AssistantMessage() if response_id and response_id == self._state.hosted.owed_by:
                # The same response goes on and tells of it.
                self._state.hosted.owed_by = None

    def _list(self, item: McpListTools, item_id: str, *, is_done: bool) -> None:
        hosted = self._state.hosted
        hosted.servers[item_id] = item.server_label
        names = tuple(str(tool.get("name", "")) for tool in item.tools)
        if (names or is_done) and item_id not in hosted.listed:
            hosted.listed[item_id] = True
            self._state.publish(HostedToolsListed(item.server_label, names))

    def _call(self, item: McpCall, item_id: str, response_id: str, *, is_done: bool) -> None:
        state, hosted = self._state, self._state.hosted
        self._alive(response_id)
        if item_id in hosted.over:
            return
        call = hosted.calls.get(item_id)
        if call is None:
            if len(hosted.calls) >= MAX_CALLS:
                state.warn("endless_calls", "the endpoint runs too many tools at once; not shown")
                return
            call = HostedCall(item_id, item.server_label, item.name, response_id)
            hosted.calls[item_id] = call
            if hosted.granted.pop(item.approval_request_id or "", None) is None:
                # Not every endpoint says which request it is that it was allowed.
                hosted.granted.clear()
        call.server, call.tool = item.server_label or call.server, item.name or call.tool
        call.response_id = response_id or call.response_id
        call.arguments = item.arguments or call.arguments
        if call.has_failed is None:
            call.deadline_ms = state.now_ms + CALL_LIMIT_MS
        if is_done:
            self._show(call)
        # It may be complete but for its output, which then comes in another event.
        has_end = item.output is not None or item.error is not None
        if is_done and has_end:
            self._finish(call, item)

    def _show(self, call: HostedCall) -> None:
        if not call.is_shown:
            call.is_shown = True
            self._state.publish(ToolCallStarted(call.call_id, call.name, call.arguments or "{}"))

    def _finish(self, call: HostedCall, item: McpCall | None) -> None:
        state, hosted = self._state, self._state.hosted
        error = None if item is None else _told(item.error)
        output = "" if item is None else item.output or ""
        has_failed = error is not None or bool(call.has_failed)
        self._over(call, error or output or (FAILED if has_failed else ""), is_error=has_failed)
        if state.slot.is_idle:
            is_dead = bool(call.response_id) and state.is_dead(call.response_id)
            if not is_dead:
                state.wishes.want()
        else:
            hosted.owed_by = call.response_id

    def _over(self, call: HostedCall, output: str, *, is_error: bool) -> None:
        hosted = self._state.hosted
        self._show(call)
        del hosted.calls[call.call_id]
        hosted.over[call.call_id] = True
        self._state.publish(ToolCallFinished(call.call_id, call.name, output, is_error))

    def _alive(self, response_id: str) -> None:
        state = self._state
        if response_id and response_id == state.slot.response_id:
            if state.slot.state is SlotState.ACTIVE:
                state.slot.alive(state.now_ms)


def drop_hosted(state: ClientState, *, want: bool = True) -> None:
    """Let go of what the endpoint did and asked; ``want`` says that there will be another session.

    Nothing of it goes on there, so what the user wanted is wanted again.
    """
    hosted, state.hosted = state.hosted, HostedTools()
    for request_id in hosted.approvals:
        state.publish(ApprovalOver(request_id, "lost"))
    for call in hosted.calls.values():
        if call.is_shown:
            state.publish(ToolCallFinished(call.call_id, call.name, LOST, True))
    if want and hosted.is_busy:
        state.wishes.want()


def _response_of(event: ItemBegan | ItemDone) -> str:
    if isinstance(event, wire.ResponseOutputItemAdded | wire.ResponseOutputItemDone):
        return event.response_id
    return ""


def _told(error: object) -> str | None:
    """Return an endpoint's account of a failure, in one line."""
    match error:
        case None:
            return None
        case {"message": str(message)}:
            kind = error.get("type") if isinstance(error, dict) else None
            return f"{kind}: {message}" if kind else message
        case _:
            return str(error)
