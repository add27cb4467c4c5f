"""Tools that the endpoint runs itself: what is shown of them, and when the user is asked."""

import pytest

from tests.core.recovery_kit import LOST, answer, lose_and_return, one, ready, told, turn
from voice.core.client_actions import Connect, TakeOver
from voice.core.client_hosted import FAILED, SILENT
from voice.core.client_hosted import LOST as LOST_CALL
from voice.core.client_inputs import ApprovalAnswered, Button, HangUp, UserPressed
from voice.core.hosted_tools import (
    APPROVAL_LIMIT_MS,
    CALL_LIMIT_MS,
    GRANT_LIMIT_MS,
    MAX_APPROVALS,
    OUTPUT_LIMIT_MS,
)
from voice.core.restore import SETTLE_LIMIT_MS
from voice.core.updates import (
    ApprovalOver,
    ApprovalRequested,
    HostedToolsListed,
    Phase,
    Reconnected,
    SessionReady,
    ToolCallFinished,
    ToolCallStarted,
    WarningIssued,
)
from voice.protocol import server_events as wire
from voice.protocol.capabilities import LOCAL_CAPABILITIES, Capabilities
from voice.protocol.client_events import ConversationItemCreate, ResponseCreate, SessionUpdate
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


# --- lists ----------------------------------------------------------------------------------------


def test_the_tools_of_a_server_are_told_once():
    shell = ready(WITH_DOCS)
    shell.feed(events.item_added(list_item(())))
    shell.feed(event("mcp_list_tools.in_progress", item_id="list1"))
    shell.feed(event("mcp_list_tools.completed", item_id="list1"))
    assert shell.updates(HostedToolsListed) == []
    shell.feed(item_done(list_item()))
    shell.feed(item_done(list_item()))
    assert one(shell, HostedToolsListed) == HostedToolsListed("docs", ("search", "read"))


def test_a_server_that_cannot_be_reached_is_a_warning_that_names_its_table():
    shell = ready(WITH_DOCS)
    shell.feed(event("mcp_list_tools.failed", item_id="list1"))
    assert "[session.mcp.docs]" in warnings(shell)["hosted_tools_failed"]


def test_an_endpoint_without_servers_is_told_of_once_with_what_helps():
    shell = ready(WITH_DOCS, capabilities=LOCAL_CAPABILITIES)
    assert "[tools.mcp.docs]" in warnings(shell)["hosted_tools_left_out"]
    lose_and_return(shell)
    found = [update for update in shell.updates(WarningIssued) if "hosted" in update.code]
    assert len(found) == 1


def test_an_endpoint_that_has_servers_is_told_them_and_no_face_their_keys():
    shell = ready(WITH_DOCS)
    [update] = shell.sent(SessionUpdate)
    assert update.session.tools == WITH_DOCS.tools
    assert "hosted_tools_left_out" not in warnings(shell)
    shown = one(shell, SessionReady).session
    assert "canary" not in str(shown.to_wire())
    assert shown.tools[1].server_url == DOCS.server_url


# --- calls ----------------------------------------------------------------------------------------


def test_a_call_is_shown_with_its_arguments_and_its_output():
    shell = ready(WITH_DOCS)
    shell.feed(events.response_created("r1"))
    shell.feed(output_added(call_item(arguments="")))
    assert shell.updates(ToolCallStarted) == []
    arguments = {"response_id": "r1", "item_id": "mcp1", "arguments": '{"query": "tea"}'}
    shell.feed(event("response.mcp_call_arguments.done", **arguments))
    assert one(shell, ToolCallStarted) == ToolCallStarted(
        "mcp1", "docs__search", '{"query": "tea"}'
    )
    shell.feed(event("response.mcp_call.in_progress", item_id="mcp1"))
    assert shell.core.phase is Phase.WORKING
    shell.feed(event("response.mcp_call.completed", item_id="mcp1"))
    shell.feed(events.item_done("r1", call_item(output="Green and black.")))
    shell.feed(item_done(call_item(output="Green and black.")))
    assert one(shell, ToolCallFinished) == ToolCallFinished(
        "mcp1", "docs__search", "Green and black.", False
    )
    assert shell.sent(ResponseCreate) == []
    shell.feed(events.response_done("r1", output=[call_item(output="Green and black.")]))
    assert len(shell.sent(ResponseCreate)) == 1


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ({"type": "http_error", "code": 401, "message": "who?"}, "http_error: who?"),
        ({"type": "tool_execution_error", "message": "no"}, "tool_execution_error: no"),
        ("broken", "broken"),
    ],
)
def test_a_call_that_failed_is_shown_with_the_endpoints_reason(error, shown):
    shell = ready(WITH_DOCS)
    shell.feed(events.response_created("r1"))
    shell.feed(event("response.mcp_call.failed", item_id="unknown"))
    shell.feed(events.item_done("r1", call_item(error=error)))
    finished = one(shell, ToolCallFinished)
    assert (finished.output, finished.is_error) == (shown, True)


def test_a_response_that_tells_of_its_call_itself_is_not_asked_to_again():
    shell = ready(WITH_DOCS)
    shell.feed(events.response_created("r1"))
    shell.feed(events.item_done("r1", call_item(output="Green.")))
    shell.feed(output_added(events.assistant_item("a1", status="in_progress")))
    shell.feed(events.response_done("r1"))
    assert shell.sent(ResponseCreate) == []


def test_a_call_that_runs_after_its_response_is_answered_when_it_is_over():
    shell = ready(WITH_DOCS)
    shell.feed(events.response_created("r1"))
    shell.feed(events.item_done("r1", call_item()))
    shell.feed(events.response_done("r1", output=[call_item()]))
    assert shell.sent(ResponseCreate) == []
    assert shell.core.phase is Phase.WORKING
    shell.feed(event("response.mcp_call.completed", item_id="mcp1"))
    shell.feed(item_done(call_item(output="Green.")))
    assert one(shell, ToolCallFinished).output == "Green."
    assert len(shell.sent(ResponseCreate)) == 1


def test_an_output_that_never_comes_holds_nothing_up():
    shell = ready(WITH_DOCS)
    shell.feed(events.response_created("r1"))
    shell.feed(events.item_done("r1", call_item()))
    shell.feed(events.response_done("r1"))
    shell.feed(event("response.mcp_call.failed", item_id="mcp1"))
    shell.advance(OUTPUT_LIMIT_MS)
    assert one(shell, ToolCallFinished).output == FAILED
    assert len(shell.sent(ResponseCreate)) == 1


def test_a_call_that_is_never_over_is_given_up():
    shell = ready(WITH_DOCS)
    shell.feed(events.response_created("r1"))
    shell.feed(events.item_done("r1", call_item()))
    shell.feed(events.response_done("r1"))
    shell.advance(CALL_LIMIT_MS)
    assert one(shell, ToolCallFinished).output == SILENT
    assert shell.core.phase is Phase.LISTENING


def test_nobody_answers_a_call_of_an_answer_that_was_interrupted():
    shell = ready(WITH_DOCS)
    shell.feed(events.response_created("r1"))
    shell.feed(output_added(call_item()))
    shell.feed(UserPressed(Button.INTERRUPT))
    shell.feed(events.item_done("r1", call_item(output="Green.")))
    shell.feed(events.response_done("r1", "cancelled"))
    assert len(shell.updates(ToolCallFinished)) == 1
    assert shell.sent(ResponseCreate) == []


# --- leave ----------------------------------------------------------------------------------------


def test_leave_is_asked_for_once_and_given_once():
    shell = ready(WITH_DOCS)
    asked(shell)
    assert one(shell, ApprovalRequested) == ASKED
    assert answers(shell) == []
    shell.feed(ApprovalAnswered("ask1", True))
    shell.feed(ApprovalAnswered("ask1", False))
    shell.feed(item_done(request_item()))
    assert answers(shell) == [("ask1", True)]
    assert one(shell, ApprovalOver) == ApprovalOver("ask1", "approved")
    assert len(shell.updates(ApprovalRequested)) == 1
    assert shell.sent(ResponseCreate) == []


def test_what_was_allowed_is_under_way_until_its_call_is_over():
    shell = ready(WITH_DOCS)
    asked(shell)
    shell.feed(ApprovalAnswered("ask1", True))
    assert shell.core.phase is Phase.WORKING
    shell.feed(events.item_added(call_item(approval_request_id="ask1")))
    shell.advance(GRANT_LIMIT_MS)
    assert shell.sent(ResponseCreate) == []
    shell.feed(item_done(call_item(output="Green.")))
    assert len(shell.sent(ResponseCreate)) == 1


def test_an_endpoint_that_makes_no_call_once_it_may_is_asked_to_go_on():
    shell = ready(WITH_DOCS)
    asked(shell)
    shell.feed(ApprovalAnswered("ask1", True))
    shell.advance(GRANT_LIMIT_MS)
    assert len(shell.sent(ResponseCreate)) == 1


def test_what_is_refused_is_told_to_the_model_which_then_answers():
    shell = ready(WITH_DOCS)
    asked(shell)
    shell.feed(ApprovalAnswered("ask1", False))
    assert answers(shell) == [("ask1", False)]
    assert len(shell.sent(ResponseCreate)) == 1


def test_leave_that_nobody_gives_is_refused_in_the_end():
    shell = ready(WITH_DOCS)
    asked(shell)
    shell.advance(APPROVAL_LIMIT_MS - 1)
    assert answers(shell) == []
    shell.advance(1)
    assert answers(shell) == [("ask1", False)]
    assert one(shell, ApprovalOver).verdict == "expired"


def test_an_answer_to_what_was_never_asked_goes_nowhere():
    shell = ready(WITH_DOCS)
    shell.feed(ApprovalAnswered("ask9", True))
    assert answers(shell) == []


def test_a_request_of_an_answer_that_was_interrupted_is_refused_unasked():
    shell = ready(WITH_DOCS)
    shell.feed(events.response_created("r1"))
    shell.feed(UserPressed(Button.INTERRUPT))
    shell.feed(events.item_done("r1", request_item()))
    assert answers(shell) == [("ask1", False)]
    assert shell.updates(ApprovalRequested) == []


def test_a_flood_of_requests_is_refused():
    shell = ready(WITH_DOCS)
    shell.feed(events.response_created("r1"))
    for number in range(MAX_APPROVALS + 3):
        shell.feed(events.item_done("r1", request_item(f"ask{number}")))
    assert len(shell.updates(ApprovalRequested)) == MAX_APPROVALS
    assert [approve for _, approve in answers(shell)] == [False] * 3


# --- lost connections -----------------------------------------------------------------------------


def test_a_request_dies_with_its_connection_and_what_was_wanted_is_wanted_again():
    shell = ready(WITH_DOCS)
    turn(shell, 1, "Look up tea.")
    asked(shell)
    before = len(shell.sent(ConversationItemCreate))
    lose_and_return(shell)
    assert one(shell, ApprovalOver) == ApprovalOver("ask1", "lost")
    shell.feed(ApprovalAnswered("ask1", True))
    assert answers(shell) == []
    assert told(shell, before) == [("user", "Look up tea.")]
    assert len(shell.sent(ResponseCreate)) == 1
    shell.advance(SETTLE_LIMIT_MS)
    assert one(shell, Reconnected).restored == "full"


def test_a_call_that_ran_is_shown_as_lost():
    shell = ready(WITH_DOCS)
    turn(shell, 1, "Look up tea.")
    shell.feed(events.response_created("r1"))
    shell.feed(events.item_done("r1", call_item()))
    shell.feed(events.response_done("r1"))
    shell.feed(LOST)
    assert one(shell, ToolCallFinished) == ToolCallFinished("mcp1", "docs__search", LOST_CALL, True)


def test_what_a_call_gave_is_missed_in_the_next_session_and_a_list_is_not():
    shell = ready(WITH_DOCS)
    shell.feed(events.item_added(list_item()))
    lose_and_return(shell)
    assert one(shell, Reconnected).restored == "full"
    shell.feed(events.item_added(call_item()))
    lose_and_return(shell)
    assert shell.updates(Reconnected)[-1] == Reconnected("partial", 1)


def test_nothing_is_renewed_before_what_the_user_allowed_is_done():
    shell = ready(WITH_DOCS, capabilities=Capabilities(session_limit_s=1_000))
    shell.advance(900_000)
    asked(shell)
    shell.connect_standby()
    shell.advance(SETTLE_LIMIT_MS)
    shell.feed(ApprovalAnswered("ask1", True))
    shell.feed(item_done(call_item(approval_request_id="ask1")))
    assert TakeOver() not in shell.done
    shell.feed(item_done(call_item(output="Green.")))
    answer(shell, 2, "Green.")
    shell.advance(1_000)
    assert TakeOver() in shell.done


def test_a_session_that_ends_takes_its_requests_with_it():
    shell = ready(WITH_DOCS)
    asked(shell)
    shell.feed(HangUp())
    assert one(shell, ApprovalOver).verdict == "lost"
    assert not any(isinstance(action, Connect) for action in shell.done[-5:])
