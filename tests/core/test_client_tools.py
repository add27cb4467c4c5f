"""Function calls: each has at most one effect and exactly one answer."""

import pytest

from voice.core.client_actions import StartTool
from voice.core.client_inputs import Button, ToolFinished, UserPressed, UserTyped
from voice.core.client_tools import MAX_REFUSED
from voice.core.tool_calls import MAX_PER_TURN
from voice.core.updates import Phase, ToolCallFinished, ToolCallStarted, WarningIssued
from voice.protocol.client_events import ConversationItemCreate, ResponseCreate
from voice.protocol.items import FunctionCallOutput
from voice.testing import events
from voice.testing.pure_shell import PureShell, sent_in


def calling(*call_ids: str) -> PureShell:
    """Return a shell whose endpoint has made calls in a response that goes on."""
    shell = PureShell()
    shell.connect()
    shell.feed(UserTyped("What time is it?"))
    shell.feed(events.response_created("r1"))
    for call_id in call_ids:
        shell.feed(events.call_done("r1", call_id, "clock", '{"city": "Rome"}'))
    return shell


def outputs(shell: PureShell) -> list[tuple[str, str]]:
    items = [event.item for event in shell.sent(ConversationItemCreate)]
    return [(item.call_id, item.output) for item in items if isinstance(item, FunctionCallOutput)]


def starts(shell: PureShell) -> list[str]:
    return [action.call_id for action in shell.done if isinstance(action, StartTool)]


def asked(shell: PureShell) -> int:
    """Count the requests after the first, which the typed words made."""
    return len(shell.sent(ResponseCreate)) - 1


def test_a_complete_call_is_run_at_once() -> None:
    shell = calling("c1")
    assert StartTool("c1", "clock", '{"city": "Rome"}') in shell.done
    assert shell.updates(ToolCallStarted) == [ToolCallStarted("c1", "clock", '{"city": "Rome"}')]
    entry = shell.core.ledger.entry("item_of_c1")
    assert (entry.kind, entry.name, entry.arguments) == (
        "function_call",
        "clock",
        '{"city": "Rome"}',
    )


def test_its_output_goes_out_at_once_and_the_request_after_the_response() -> None:
    shell = calling("c1")
    shell.feed(ToolFinished("c1", "noon"))
    assert outputs(shell) == [("c1", "noon")]
    assert asked(shell) == 0
    shell.feed(events.response_done("r1"))
    assert asked(shell) == 1
    assert shell.updates(ToolCallFinished) == [ToolCallFinished("c1", "clock", "noon", False)]


def test_several_calls_are_answered_one_by_one_and_asked_about_once() -> None:
    shell = calling("c1", "c2", "c3")
    shell.feed(events.response_done("r1"))
    shell.feed(ToolFinished("c2", "2"))
    shell.feed(ToolFinished("c1", "1"))
    assert asked(shell) == 0
    assert shell.core.phase is Phase.WORKING
    shell.feed(ToolFinished("c3", "3"))
    assert asked(shell) == 1
    assert outputs(shell) == [("c2", "2"), ("c1", "1"), ("c3", "3")]


def test_results_that_want_no_speech_are_not_asked_about() -> None:
    shell = calling("c1", "c2")
    shell.feed(events.response_done("r1"))
    shell.feed(ToolFinished("c1", "1", speak=False))
    shell.feed(ToolFinished("c2", "2", speak=False))
    assert len(outputs(shell)) == 2
    assert asked(shell) == 0


def test_one_result_that_wants_speech_is_enough() -> None:
    shell = calling("c1", "c2")
    shell.feed(events.response_done("r1"))
    shell.feed(ToolFinished("c1", "1", speak=True))
    shell.feed(ToolFinished("c2", "2", speak=False))
    assert asked(shell) == 1


def test_a_call_that_is_sent_again_has_no_second_effect() -> None:
    shell = calling("c1", "c1")
    shell.feed(ToolFinished("c1", "noon"))
    shell.feed(events.call_done("r1", "c1"))
    call = {"type": "function_call", "id": "x", "name": "clock", "call_id": "c1", "arguments": ""}
    shell.feed(events.response_done("r1", output=[call]))
    shell.feed(events.response_created("r2"))
    shell.feed(events.call_done("r2", "c1"))
    assert starts(shell) == ["c1"]
    assert len(outputs(shell)) == 1


def test_a_call_that_only_the_end_of_the_response_names_is_run() -> None:
    shell = calling()
    call = {"type": "function_call", "id": "x", "name": "clock", "call_id": "c1", "arguments": ""}
    shell.feed(events.response_done("r1", output=[call]))
    assert starts(shell) == ["c1"]
    shell.feed(ToolFinished("c1", "noon"))
    assert asked(shell) == 1


def test_a_call_that_comes_after_the_end_of_its_response_is_run_and_asked_about() -> None:
    shell = calling()
    shell.feed(events.response_done("r1"))
    shell.feed(events.call_done("r1", "c1"))
    shell.feed(ToolFinished("c1", "noon"))
    assert asked(shell) == 1


def test_an_incomplete_call_is_not_run() -> None:
    shell = calling()
    shell.feed(events.call_done("r1", "c1", status="incomplete"))
    assert starts(shell) == []
    assert outputs(shell) == []


def test_a_call_of_an_interrupted_response_has_no_effect_but_an_answer() -> None:
    shell = calling()
    shell.feed(UserPressed(Button.INTERRUPT))
    shell.feed(events.call_done("r1", "c1"))
    shell.feed(events.response_done("r1", "cancelled"))
    assert starts(shell) == []
    assert [call_id for call_id, _ in outputs(shell)] == ["c1"]
    assert asked(shell) == 0


def test_barge_in_during_a_tool_call_keeps_the_output() -> None:
    shell = calling("c1")
    shell.feed(events.speech_started())
    shell.feed(events.response_done("r1", "cancelled"))
    shell.feed(ToolFinished("c1", "noon"))
    assert outputs(shell) == [("c1", "noon")]


def test_nothing_is_asked_while_the_user_speaks_nor_while_an_answer_is_owed() -> None:
    shell = calling("c1")
    shell.feed(events.response_done("r1"))
    shell.feed(events.speech_started())
    shell.feed(ToolFinished("c1", "noon"))
    assert asked(shell) == 0
    shell.feed(events.speech_stopped())
    assert asked(shell) == 0


def test_the_answer_to_the_user_covers_outputs_that_the_endpoint_had_before_it() -> None:
    shell = calling("c1")
    shell.feed(events.response_done("r1"))
    shell.feed(events.speech_started())
    shell.feed(ToolFinished("c1", "noon"))
    [output] = shell.sent(ConversationItemCreate)[-1:]
    item = {"id": output.item.id, "type": "function_call_output", "call_id": "c1", "output": ""}
    shell.feed(events.item_added(item))
    shell.feed(events.speech_stopped())
    shell.feed(events.response_created("r2"))
    shell.feed(events.response_done("r2"))
    assert asked(shell) == 0


def test_the_answer_to_the_user_does_not_cover_outputs_that_came_too_late_for_it() -> None:
    shell = calling("c1")
    shell.feed(events.response_done("r1"))
    shell.feed(events.speech_started())
    shell.feed(ToolFinished("c1", "noon"))
    shell.feed(events.speech_stopped())
    shell.feed(events.response_created("r2"))
    shell.feed(events.response_done("r2"))
    assert asked(shell) == 1


def test_an_endpoint_that_owes_an_answer_and_gives_none_is_asked_after_a_while() -> None:
    shell = calling("c1")
    shell.feed(events.response_done("r1"))
    shell.feed(events.speech_started())
    shell.feed(ToolFinished("c1", "noon"))
    shell.feed(events.speech_stopped())
    shell.advance(3_000)
    assert asked(shell) == 1


def test_a_result_that_comes_twice_is_sent_once() -> None:
    shell = calling("c1")
    shell.feed(ToolFinished("c1", "noon"))
    shell.feed(ToolFinished("c1", "midnight"))
    shell.feed(ToolFinished("c9", "who?"))
    assert outputs(shell) == [("c1", "noon")]
    assert [update.code for update in shell.updates(WarningIssued)] == ["late_tool_result"] * 2


@pytest.mark.parametrize(("call_id", "name"), [("", "clock"), ("c1", "")])
def test_a_call_that_cannot_be_answered_is_survived(call_id: str, name: str) -> None:
    shell = calling()
    shell.feed(events.call_done("r1", call_id, name))
    assert starts(shell) == []
    assert [update.code for update in shell.updates(WarningIssued)] == ["nameless_call"]


def test_a_model_that_calls_for_ever_is_stopped() -> None:
    shell = calling(*(f"c{number}" for number in range(MAX_PER_TURN + 3)))
    assert len(starts(shell)) == MAX_PER_TURN
    assert len(outputs(shell)) == 3


def test_an_endpoint_that_calls_in_every_answer_is_not_asked_for_ever() -> None:
    shell = calling()
    for number in range(2, MAX_PER_TURN + 100):
        shell.feed(events.call_done(f"r{number - 1}", f"c{number}", "clock", "{}"))
        shell.feed(ToolFinished(f"c{number}", "noon"))
        before = asked(shell)
        shell.feed(events.response_done(f"r{number - 1}"))
        if asked(shell) == before:
            break
        shell.feed(events.response_created(f"r{number}"))
    assert number == MAX_PER_TURN + MAX_REFUSED + 2
    codes = [warning.code for warning in shell.updates(WarningIssued)]
    assert codes.count("endless_calls") == 1
    shell.feed(UserTyped("Once more"))
    assert asked(shell) > before


def test_a_new_turn_of_the_user_allows_new_calls() -> None:
    shell = calling(*(f"c{number}" for number in range(MAX_PER_TURN)))
    for number in range(MAX_PER_TURN):
        shell.feed(ToolFinished(f"c{number}", ""))
    shell.feed(UserTyped("Again"))
    shell.feed(events.response_done("r1", "cancelled"))
    shell.feed(events.response_created("r2"))
    shell.feed(events.call_done("r2", "d1"))
    assert starts(shell)[-1] == "d1"


def test_a_response_that_never_ends_is_asked_about_when_it_is_given_up() -> None:
    shell = calling("c1")
    shell.feed(ToolFinished("c1", "noon"))
    shell.advance(60_000)
    assert asked(shell) == 1


def test_an_output_keeps_its_place_in_the_ledger() -> None:
    shell = calling("c1")
    shell.feed(ToolFinished("c1", "noon"))
    kinds = [entry.kind for entry in shell.core.ledger]
    assert kinds == ["message", "function_call", "function_call_output"]


def test_typed_words_while_a_tool_runs_are_answered_before_its_result() -> None:
    shell = calling("c1")
    shell.feed(events.response_done("r1"))
    done = shell.feed(UserTyped("Never mind"))
    assert [event.type for event in sent_in(done)] == [
        "conversation.item.create",
        "response.create",
    ]
