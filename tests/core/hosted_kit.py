"""A session whose endpoint runs the tools of a server itself, and what it says of them."""

from voice.core.updates import ApprovalRequested, WarningIssued
from voice.protocol import server_events as wire
from voice.protocol.client_events import ConversationItemCreate
from voice.protocol.items import McpApprovalResponse
from voice.protocol.session_config import FunctionTool, McpTool, SessionConfig
from voice.testing import events

DOCS = McpTool(
    server_label="docs", server_url="https://docs.example/mcp", authorization="canary-token"
)
WITH_DOCS = SessionConfig(tools=[FunctionTool(name="clock"), DOCS])
ASKED = ApprovalRequested("ask1", "docs", "search", '{"query": "tea"}')


def list_item(names=("search", "read"), item_id="list1"):
    tools = [{"name": name, "input_schema": {}} for name in names]
    return {"id": item_id, "type": "mcp_list_tools", "server_label": "docs", "tools": tools}


def call_item(item_id="mcp1", **fields):
    item = {"id": item_id, "type": "mcp_call", "server_label": "docs", "name": "search"}
    return {**item, "arguments": '{"query": "tea"}', **fields}


def request_item(item_id="ask1", **fields):
    item = {"id": item_id, "type": "mcp_approval_request", "server_label": "docs"}
    return {**item, "name": "search", "arguments": '{"query": "tea"}', **fields}


def event(kind, **fields):
    return wire.SERVER_EVENTS[kind].model_validate({"type": kind, **fields})


def output_added(item, response_id="r1"):
    return event("response.output_item.added", response_id=response_id, item=item)


def item_done(item):
    return event("conversation.item.done", item=item, previous_item_id=None)


def asked(shell, response_id="r1", item_id="ask1"):
    """Let the endpoint ask for leave in a response of its own."""
    shell.feed(events.response_created(response_id))
    shell.feed(events.item_done(response_id, request_item(item_id)))
    shell.feed(item_done(request_item(item_id)))
    shell.feed(events.response_done(response_id, output=[request_item(item_id)]))


def answers(shell):
    items = [sent.item for sent in shell.sent(ConversationItemCreate)]
    return [
        (item.approval_request_id, item.approve)
        for item in items
        if isinstance(item, McpApprovalResponse)
    ]


def warnings(shell):
    return {warning.code: warning.message for warning in shell.updates(WarningIssued)}
