"""Tools that the endpoint runs itself: what is shown of them, and when the next answer is due."""

import pytest

from tests.core.hosted_kit import (
    DOCS,
    WITH_DOCS,
    answers,
    asked,
    call_item,
    event,
    item_done,
    list_item,
    output_added,
    warnings,
)
from tests.core.recovery_kit import LOST, answer, lose_and_return, one, ready, told, turn
from voice.core.client_actions import Connect, TakeOver
from voice.core.client_hosted import FAILED, SILENT
from voice.core.client_hosted import LOST as LOST_CALL
from voice.core.client_inputs import ApprovalAnswered, Button, HangUp, UserPressed
from voice.core.hosted_tools import CALL_LIMIT_MS, OUTPUT_LIMIT_MS
from voice.core.restore import SETTLE_LIMIT_MS
from voice.core.updates import (
    ApprovalOver,
    HostedToolsListed,
    Phase,
    Reconnected,
    SessionReady,
    ToolCallFinished,
    ToolCallStarted,
    WarningIssued,
)
from voice.protocol.capabilities import LOCAL_CAPABILITIES, Capabilities
from voice.protocol.client_events import ConversationItemCreate, ResponseCreate, SessionUpdate
from voice.testing import events

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
