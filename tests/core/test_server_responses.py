"""Responses of the server: beside the conversation, too early, too long."""

import pytest

from tests.core.server_desk import Desk, create, done_of, error_of, started, text_turn, types
from voice.core import server_messages as msg

TOOL = {"type": "function", "name": "look", "parameters": {"type": "object"}}


@pytest.fixture
def desk():
    return Desk()


def output(desk, call_id="call_1"):
    item = {"type": "function_call_output", "call_id": call_id, "output": "found"}
    return desk.client("conversation.item.create", item=item)


def calling(desk):
    text_turn(desk)
    create(desk)
    response_id = started(desk).response_id
    desk.give(msg.CallMade(response_id, "call_1", "look", "{}"))
    return response_id


# --- a create that came too early ---


def test_a_create_right_after_an_output_waits_for_the_response_to_end(desk):
    response_id = calling(desk)
    output(desk)
    assert create(desk, instructions="Tell the result.") == []
    sent = desk.give(msg.AnswerEnded(response_id, "tool_calls"))
    assert types(sent) == ["response.done", "rate_limits.updated", "response.created"]
    assert started(desk).prompt.instructions == "Tell the result."
    assert started(desk).prompt.entries[-1].text == "found"


def test_only_one_create_is_kept_until_another_output_comes(desk):
    response_id = calling(desk)
    desk.give(msg.CallMade(response_id, "call_2", "look", "{}"))
    output(desk, "call_1")
    assert create(desk, instructions="first") == []
    assert error_of(create(desk, "evt_2")).code == "conversation_already_has_active_response"
    output(desk, "call_2")
    assert create(desk, instructions="second") == []
    desk.give(msg.AnswerEnded(response_id, "tool_calls"))
    assert started(desk).prompt.instructions == "second"
    assert len(desk.ordered(msg.StartResponse)) == 2


def test_without_an_output_a_second_create_is_refused(desk):
    calling(desk)
    error = error_of(create(desk, "evt_2"))
    assert (error.code, error.event_id) == ("conversation_already_has_active_response", "evt_2")


def test_a_bad_create_is_refused_at_once_even_if_it_came_too_early(desk):
    calling(desk)
    output(desk)
    assert error_of(create(desk, "evt_2", tool_choice="sometimes")).event_id == "evt_2"


def test_cancelling_takes_back_what_was_kept(desk):
    calling(desk)
    output(desk)
    create(desk)
    sent = desk.client("response.cancel")
    assert done_of(sent)["status_details"]["reason"] == "client_cancelled"
    assert len(desk.ordered(msg.StartResponse)) == 1


def test_what_was_kept_waits_until_the_user_has_finished(desk):
    calling(desk)
    output(desk)
    create(desk)
    desk.hear(0.9, 640)
    assert len(desk.ordered(msg.StartResponse)) == 1
    desk.hear(0.0, 1_024)
    desk.recognise("And tomorrow?")
    assert len(desk.ordered(msg.StartResponse)) == 2
    assert started(desk).prompt.entries[-1].text == "And tomorrow?"


def test_what_was_kept_is_answered_after_a_noise_too(desk):
    calling(desk)
    output(desk)
    create(desk)
    desk.say_turn("")
    assert len(desk.ordered(msg.StartResponse)) == 2


def test_what_was_kept_can_be_taken_back_while_the_user_speaks(desk):
    calling(desk)
    output(desk)
    create(desk)
    desk.hear(0.9, 640)
    assert desk.client("response.cancel") == []
    assert error_of(desk.client("response.cancel")).code == "response_cancel_not_active"


# --- calls ---


def test_long_arguments_come_in_stretches_that_make_the_whole(desk):
    text_turn(desk)
    create(desk)
    arguments = '{"text": "' + "x" * 1_000 + '"}'
    sent = desk.give(msg.CallMade(started(desk).response_id, "call_1", "look", arguments))
    deltas = [e.delta for e in sent if e.type == "response.function_call_arguments.delta"]
    assert len(deltas) > 1
    assert "".join(deltas) == arguments
    (done,) = [e for e in sent if e.type == "response.function_call_arguments.done"]
    assert (done.arguments, done.name) == (arguments, "look")


def test_a_call_without_arguments_has_an_empty_object(desk):
    text_turn(desk)
    create(desk)
    sent = desk.give(msg.CallMade(started(desk).response_id, "call_1", "look", ""))
    assert [e.delta for e in sent if e.type.endswith("arguments.delta")] == ["{}"]


@pytest.mark.parametrize("call_id", ["", "x" * 40, "call_1"])
def test_a_calls_id_is_short_and_its_own(desk, call_id):
    calling(desk)
    sent = desk.give(msg.CallMade(started(desk).response_id, call_id, "look", "{}"))
    new_id = sent[0].to_wire()["item"]["call_id"]
    assert 0 < len(new_id) <= 32
    assert new_id != "call_1"


def test_text_and_calls_of_one_response_have_indices_in_order(desk):
    text_turn(desk)
    create(desk)
    response_id = started(desk).response_id
    sent = desk.give(msg.SpeechBegun(response_id, "Wait."))
    sent += desk.give(msg.CallMade(response_id, "call_1", "look", "{}"))
    sent += desk.give(msg.CallMade(response_id, "call_2", "look", "{}"))
    sent += desk.give(msg.SpeechBegun(response_id, "There."))
    sent += desk.give(msg.AnswerEnded(response_id))
    added = [e for e in sent if e.type == "response.output_item.added"]
    assert [e.output_index for e in added] == [0, 1, 2, 3]
    kinds = [item["type"] for item in done_of(sent)["output"]]
    assert kinds == ["message", "function_call", "function_call", "message"]
    for event in sent:
        if hasattr(event, "output_index") and hasattr(event, "item_id"):
            assert added[event.output_index].to_wire()["item"]["id"] == event.item_id


# --- beside the conversation ---


def test_a_response_beside_runs_while_the_conversation_has_its_own(desk):
    text_turn(desk)
    create(desk)
    main = started(desk).response_id
    (created,) = create(desk, conversation="none", metadata={"topic": "x"}, input=[])
    beside = created.to_wire()["response"]
    assert (beside["conversation_id"], beside["metadata"]) == (None, {"topic": "x"})
    assert started(desk).prompt.entries == ()
    desk.answer("Beside.")
    assert done_of([a.event for a in desk.actions if isinstance(a, msg.Send)])["metadata"] == {
        "topic": "x"
    }
    assert desk.core.ledger.last_id != beside["id"]
    assert len(desk.core.ledger) == 1
    desk.give(msg.TextWritten(main, "x"))
    assert len(desk.core.ledger) == 2


def test_speech_beside_the_conversation_can_be_heard_and_does_not_fix_the_voice(desk):
    create(desk, conversation="none", input=[])
    _, item_id = desk.answer("Beside.")
    assert [a for a in desk.actions if isinstance(a, msg.Send) and hasattr(a.event, "audio")]
    gone = desk.client("conversation.item.retrieve", item_id=item_id)
    assert error_of(gone).code == "item_retrieve_invalid_item_id"
    assert not desk.core._responses.has_spoken


def test_a_response_beside_is_cancelled_by_its_id_alone(desk):
    (created,) = create(desk, conversation="none", input=[])
    response_id = created.to_wire()["response"]["id"]
    assert error_of(desk.client("response.cancel")).code == "response_cancel_not_active"
    done = done_of(desk.client("response.cancel", response_id=response_id))
    assert (done["id"], done["status"]) == (response_id, "cancelled")
    error = error_of(desk.client("response.cancel", response_id=response_id))
    assert error.message.startswith("Cancellation failed")


def test_a_silent_response_beside_is_given_up_too(desk):
    create(desk, conversation="none", input=[])
    desk.now_ms = desk.core.next_deadline_ms()
    assert done_of(desk.give(msg.Tick()))["status"] == "failed"
    assert desk.core._responses.next_deadline_ms() is None


def test_input_of_its_own_need_not_wait_for_the_users_words(desk):
    desk.update(audio={"input": {"turn_detection": None}})
    desk.hear(0.9, 640)
    desk.client("input_audio_buffer.commit")
    content = [{"type": "input_text", "text": "Name a colour."}]
    item = {"type": "message", "role": "user", "content": content}
    create(desk, conversation="none", input=[item])
    assert [e.text for e in started(desk).prompt.entries] == ["Name a colour."]


def test_a_reference_to_a_turn_waits_for_its_words(desk):
    desk.update(audio={"input": {"turn_detection": None}})
    desk.hear(0.9, 640)
    committed = desk.client("input_audio_buffer.commit")[0]
    reference = {"type": "item_reference", "id": committed.item_id}
    create(desk, conversation="none", input=[reference])
    assert not desk.ordered(msg.StartResponse)
    desk.recognise("Hello there.")
    assert [e.text for e in started(desk).prompt.entries] == ["Hello there."]


def test_a_reference_that_is_deleted_while_it_waits_ends_the_response(desk):
    desk.update(audio={"input": {"turn_detection": None}})
    desk.hear(0.9, 640)
    committed = desk.client("input_audio_buffer.commit")[0]
    create(desk, conversation="none", input=[{"type": "item_reference", "id": committed.item_id}])
    sent = desk.client("conversation.item.delete", item_id=committed.item_id)
    assert done_of(sent)["status"] == "failed"


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ({"type": "item_reference", "id": "nowhere"}, "response.input[0].id"),
        ({"type": "mcp_call", "name": "f"}, "response.input[0].type"),
        (
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_audio", "audio": "AAAA"}],
            },
            "response.input[0].content[0].audio",
        ),
        (
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_audio", "audio": "AAA="}],
            },
            "response.input[0].content[0]",
        ),
    ],
)
def test_bad_input_of_its_own_is_refused_by_its_place(desk, item, param):
    error = error_of(create(desk, "evt_1", conversation="none", input=[item]))
    assert (error.code, error.param, error.event_id) == ("invalid_value", param, "evt_1")


def test_an_answer_at_its_token_limit_is_incomplete(desk):
    desk.say_turn()
    response_id, _ = desk.answer(end=False)
    done = done_of(desk.give(msg.AnswerEnded(response_id, "length")))
    assert (done["status"], done["status_details"]["reason"]) == ("incomplete", "max_output_tokens")
    assert done["output"][0]["status"] == "incomplete"
