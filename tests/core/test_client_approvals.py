"""The user's leave for calls of the endpoint: asked for, given, refused, forgotten."""

from tests.core.hosted_kit import (
    ASKED,
    WITH_DOCS,
    answers,
    asked,
    call_item,
    item_done,
    request_item,
)
from tests.core.recovery_kit import one, ready
from voice.core.client_inputs import ApprovalAnswered, Button, UserPressed
from voice.core.hosted_tools import APPROVAL_LIMIT_MS, GRANT_LIMIT_MS, MAX_APPROVALS
from voice.core.updates import ApprovalOver, ApprovalRequested, Phase
from voice.protocol.client_events import ResponseCreate
from voice.testing import events


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
