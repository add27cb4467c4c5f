"""ServerCore: events and inputs in, actions out; no engine, no clock, no socket."""

import pytest

from tests.core.server_desk import Desk, error_of, text_turn, types
from voice.core import server_messages as msg
from voice.core.server_responses import MAX_BESIDE
from voice.protocol.client_events import AudioAppend


@pytest.fixture
def desk():
    return Desk()


def test_a_connection_is_greeted_with_the_whole_session(desk):
    (created,) = [a.event for a in desk.actions]
    session = created.to_wire()["session"]
    assert created.type == "session.created"
    assert session["audio"]["input"]["turn_detection"]["create_response"] is True
    assert session["object"] == "realtime.session"


def test_an_update_answers_with_the_whole_effective_session(desk):
    (updated,) = desk.update(instructions="Be kind.")
    session = updated.to_wire()["session"]
    assert session["instructions"] == "Be kind."
    assert session["audio"]["output"]["voice"] == "heart"


def test_new_tools_are_shown_to_the_brain_before_the_first_turn(desk):
    tool = {"type": "function", "name": "f", "parameters": {}}
    desk.update(tools=[tool])
    desk.update(tools=[tool], instructions="The same tools.")
    (prepare,) = desk.ordered(msg.PrepareBrain)
    assert [entry["name"] for entry in prepare.tools] == ["f"]


DEEPWIKI = {"type": "mcp", "server_label": "deepwiki", "server_url": "https://example.org/mcp"}


def test_an_update_with_a_server_of_tools_holds_without_it_and_an_error_says_so(desk):
    sent = desk.client(
        "session.update",
        event_id="mine",
        session={"type": "realtime", "instructions": "Be kind.", "tools": [DEEPWIKI]},
    )
    assert types(sent) == ["session.updated", "error"]
    assert sent[0].to_wire()["session"]["instructions"] == "Be kind."
    error = error_of(sent[1:])
    assert (error.param, error.event_id) == ("session.tools[0]", "mine")
    assert "'deepwiki'" in error.message
    assert "[tools.mcp.deepwiki]" in error.message


def test_a_response_with_a_server_of_tools_runs_and_the_error_does_not_name_its_request(desk):
    text_turn(desk)
    choice = {"type": "mcp", "server_label": "deepwiki"}
    sent = desk.client("response.create", event_id="mine", response={"tool_choice": choice})
    assert types(sent) == ["response.created", "error"]
    error = error_of(sent[1:])
    assert (error.param, error.event_id) == ("response.tool_choice", None)
    desk.answer()


def test_a_spoken_turn_is_announced_committed_and_answered_in_the_documented_order(desk):
    desk.update(audio={"input": {"transcription": {"model": "whisper-1"}}})
    sent = desk.say_turn()
    assert types(sent) == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
    ]
    ids = {event.item_id for event in sent if hasattr(event, "item_id")}
    assert len(ids) == 1
    prompt = desk.ordered(msg.StartResponse)[0].prompt
    assert [(e.role, e.text) for e in prompt.entries] == [("user", "What time is it?")]


def test_the_recogniser_starts_before_the_turn_is_over(desk):
    desk.hear(0.9, 640)
    desk.hear(0.0, 128)
    assert len(desk.ordered(msg.Transcribe)) == 1
    assert not desk.core.handle(msg.Tick(), desk.now_ms)
    assert not desk.ordered(msg.StartResponse)


def test_words_that_are_complete_end_the_turn_sooner_with_semantic_vad(desk):
    desk.update(audio={"input": {"turn_detection": {"type": "semantic_vad"}}})
    desk.hear(0.9, 640)
    desk.hear(0.0, 256)
    assert "input_audio_buffer.speech_stopped" in types(desk.recognise("Stop the music."))


@pytest.mark.parametrize(("kind", "includes_silence"), [("server_vad", 1), ("semantic_vad", 0)])
def test_speech_stopped_dates_the_end_as_the_kind_of_detection_says(desk, kind, includes_silence):
    desk.update(audio={"input": {"turn_detection": {"type": kind}}})
    desk.hear(0.9, 640)
    sent = desk.hear(0.0, 512) + desk.recognise("Stop the music.")
    (stopped,) = [e for e in sent if e.type == "input_audio_buffer.speech_stopped"]
    assert stopped.audio_end_ms == 640 + 512 * includes_silence


def test_speech_that_goes_on_throws_the_early_transcript_away(desk):
    desk.hear(0.9, 640)
    desk.hear(0.0, 128)
    early = desk.ordered(msg.Transcribe)[0]
    desk.hear(0.9, 320)
    assert desk.ordered(msg.DropTranscription) == [
        msg.DropTranscription(early.item_id, early.generation)
    ]
    assert desk.give(msg.Transcribed(early.item_id, early.generation, "stale", 0.9)) == []


def test_a_turn_without_words_gets_no_answer(desk):
    desk.say_turn("")
    assert desk.ordered(msg.StartResponse) == []


def test_a_spoken_answer_climbs_the_documented_ladder(desk):
    desk.say_turn()
    before = len(desk.actions)
    desk.answer()
    sent = [a.event for a in desk.actions[before:] if isinstance(a, msg.Send)]
    assert types(sent) == [
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ]
    done = sent[-2].to_wire()["response"]
    assert done["status"] == "completed"
    assert done["output"][0]["content"][0]["transcript"] == "It is noon. Enjoy."
    assert done["usage"]["output_token_details"]["audio_tokens"] == 400 // 50


def test_speech_over_the_answer_cancels_it_and_nothing_of_it_follows(desk):
    desk.say_turn()
    response_id, _ = desk.answer(end=False)
    sent = desk.hear(0.9, 128)
    assert types(sent)[0] == "input_audio_buffer.speech_started"
    done = next(e for e in sent if e.type == "response.done").to_wire()["response"]
    assert done["status"] == "cancelled"
    assert done["status_details"]["reason"] == "turn_detected"
    assert done["output"][0]["status"] == "incomplete"
    assert desk.ordered(msg.StopResponse) == [msg.StopResponse(response_id)]
    assert desk.give(msg.SpeechMade(response_id, bytes(960))) == []


@pytest.mark.parametrize(
    ("audio_end_ms", "heard"),
    [(99, ""), (100, "It"), (250, "It is"), (399, "It is noon."), (400, "It is noon. Enjoy.")],
)
def test_truncation_keeps_exactly_the_words_heard(desk, audio_end_ms, heard):
    desk.say_turn()
    _, item_id = desk.answer()
    (truncated,) = desk.client(
        "conversation.item.truncate",
        item_id=item_id,
        content_index=0,
        audio_end_ms=audio_end_ms,
    )
    assert truncated.to_wire()["audio_end_ms"] == audio_end_ms
    entry = desk.core.ledger.entry(item_id)
    assert entry.text == heard
    assert entry.text + entry.unheard_text == "It is noon. Enjoy."


def test_the_next_prompt_holds_no_unheard_word(desk):
    desk.say_turn()
    _, item_id = desk.answer()
    desk.client("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=200)
    desk.say_turn("And now?")
    entries = desk.ordered(msg.StartResponse)[-1].prompt.entries
    assert [e.text for e in entries] == ["What time is it?", "It is", "And now?"]
    (retrieved,) = desk.client("conversation.item.retrieve", item_id=item_id)
    assert retrieved.to_wire()["item"]["content"][0]["transcript"] == "It is"


def test_a_cut_a_little_beyond_the_end_is_clamped_and_far_beyond_is_an_error(desk):
    desk.say_turn()
    _, item_id = desk.answer()
    cut = {"item_id": item_id, "content_index": 0, "event_id": "evt_9"}
    assert types(desk.client("conversation.item.truncate", **cut, audio_end_ms=600)) == [
        "conversation.item.truncated"
    ]
    error = error_of(desk.client("conversation.item.truncate", **cut, audio_end_ms=5_000))
    assert error.code == "invalid_value"
    assert error.event_id == "evt_9"
    assert "already shorter than 5000ms" in error.message


def test_a_users_item_cannot_be_truncated(desk):
    text_turn(desk, id="item_user")
    error = error_of(
        desk.client(
            "conversation.item.truncate", item_id="item_user", content_index=0, audio_end_ms=10
        )
    )
    assert error.code == "unsupported_content_type"


def test_a_second_response_is_refused_and_names_the_request(desk):
    text_turn(desk)
    desk.client("response.create")
    error = error_of(desk.client("response.create", event_id="evt_2"))
    assert error.code == "conversation_already_has_active_response"
    assert error.event_id == "evt_2"


def test_cancel_without_a_response_is_a_benign_error(desk):
    error = error_of(desk.client("response.cancel", event_id="evt_3"))
    assert error.code == "response_cancel_not_active"
    assert error.message.startswith("Cancellation failed")


def test_cancel_ends_the_response_as_cancelled_by_the_client(desk):
    text_turn(desk)
    desk.client("response.create")
    desk.answer(end=False)
    done = next(e for e in desk.client("response.cancel") if e.type == "response.done")
    assert done.to_wire()["response"]["status_details"]["reason"] == "client_cancelled"
    assert desk.core.next_deadline_ms() is None


def test_calls_are_listed_in_the_response_and_the_answer_uses_their_outputs(desk):
    text_turn(desk)
    desk.client("response.create")
    response_id = desk.ordered(msg.StartResponse)[0].response_id
    first = desk.give(msg.CallMade(response_id, "call_1", "get_time", '{"place":"Rome"}'))
    assert types(first) == [
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "conversation.item.done",
        "response.output_item.done",
    ]
    desk.give(msg.CallMade(response_id, "call_2", "get_date", "{}"))
    done = desk.give(msg.AnswerEnded(response_id, "tool_calls"))[0].to_wire()["response"]
    assert [item["call_id"] for item in done["output"]] == ["call_1", "call_2"]
    for call_id in ("call_1", "call_2"):
        item = {"type": "function_call_output", "call_id": call_id, "output": "ok"}
        desk.client("conversation.item.create", item=item)
    desk.client("response.create")
    entries = desk.ordered(msg.StartResponse)[-1].prompt.entries
    assert [e.kind for e in entries] == [
        "message",
        "function_call",
        "function_call",
        "function_call_output",
        "function_call_output",
    ]


def test_a_manual_turn_waits_for_its_words_before_the_brain_starts(desk):
    desk.update(audio={"input": {"turn_detection": None}})
    desk.give(AudioAppend(audio=bytes(48 * 500), event_id=None))
    sent = desk.client("input_audio_buffer.commit")
    assert types(sent)[0] == "input_audio_buffer.committed"
    assert types(desk.client("response.create")) == ["response.created"]
    assert desk.ordered(msg.StartResponse) == []
    desk.recognise("Hello there.")
    (start,) = desk.ordered(msg.StartResponse)
    assert start.prompt.entries[-1].text == "Hello there."


def test_a_commit_of_too_little_audio_is_refused(desk):
    desk.update(audio={"input": {"turn_detection": None}})
    desk.give(AudioAppend(audio=bytes(48 * 50), event_id=None))
    error = error_of(desk.client("input_audio_buffer.commit"))
    assert error.code == "input_audio_buffer_commit_empty"


def test_half_a_sample_is_refused(desk):
    error = error_of(desk.give(AudioAppend(audio=b"\x00\x01\x02", event_id="evt_5")))
    assert (error.code, error.event_id) == ("invalid_value", "evt_5")


def test_items_keep_the_clients_ids_and_places(desk):
    text_turn(desk, "second", id="b")
    content = [{"type": "input_text", "text": "first"}]
    item = {"id": "a", "type": "message", "role": "system", "content": content}
    added, _ = desk.client("conversation.item.create", item=item, previous_item_id="root")
    assert added.to_wire()["previous_item_id"] is None
    assert [entry.item_id for entry in desk.core.ledger] == ["a", "b"]


@pytest.mark.parametrize(
    ("type_", "fields", "code"),
    [
        ("conversation.item.retrieve", {"item_id": "x"}, "item_retrieve_invalid_item_id"),
        ("conversation.item.delete", {"item_id": "x"}, "item_delete_invalid_item_id"),
        (
            "conversation.item.truncate",
            {"item_id": "x", "content_index": 0, "audio_end_ms": 5},
            "item_truncate_invalid_item_id",
        ),
        (
            "conversation.item.create",
            {
                "item": {"type": "message", "role": "user", "content": []},
                "previous_item_id": "x",
            },
            "item_create_invalid_previous_item_id",
        ),
    ],
)
def test_an_unknown_item_is_refused_by_name(desk, type_, fields, code):
    assert error_of(desk.client(type_, **fields)).code == code


def test_a_duplicate_item_id_is_refused(desk):
    text_turn(desk, id="a")
    assert error_of(text_turn(desk, id="a")).code == "item_create_duplicate_item_id"


def test_the_id_announced_for_the_open_turn_cannot_be_taken(desk):
    (started,) = desk.hear(0.9, 320)
    assert error_of(text_turn(desk, id=started.item_id)).code == "item_create_duplicate_item_id"


def test_a_response_beside_the_conversation_leaves_no_trace_in_it(desk):
    text_turn(desk)
    response = {"conversation": "none", "input": [], "metadata": {"topic": "x"}}
    (created,) = desk.client("response.create", response=response)
    body = created.to_wire()["response"]
    assert body["conversation_id"] is None
    assert body["metadata"] == {"topic": "x"}
    before = len(desk.actions)
    desk.answer()
    sent = types(a.event for a in desk.actions[before:] if isinstance(a, msg.Send))
    assert not [kind for kind in sent if kind.startswith("conversation.item")]
    assert len(desk.core.ledger) == 1
    assert types(desk.client("response.create")) == ["response.created"]


def test_a_failed_answer_is_told_in_response_done(desk):
    text_turn(desk)
    desk.client("response.create")
    response_id = desk.ordered(msg.StartResponse)[0].response_id
    done, _ = desk.give(msg.AnswerFailed(response_id, "engine_error", "The brain is gone."))
    body = done.to_wire()["response"]
    assert body["status"] == "failed"
    assert body["status_details"]["error"]["message"] == "The brain is gone."
    assert types(desk.client("response.create")) == ["response.created"]


def test_a_silent_brain_is_given_up_at_the_deadline(desk):
    text_turn(desk)
    desk.client("response.create")
    desk.now_ms = desk.core.next_deadline_ms()
    done, _ = desk.give(msg.Tick())
    assert done.to_wire()["response"]["status"] == "failed"


def test_a_turn_that_came_while_an_answer_ran_on_is_answered_after_it(desk):
    block = {"type": "server_vad", "interrupt_response": False}
    desk.update(audio={"input": {"turn_detection": block}})
    desk.say_turn("First?")
    response_id, _ = desk.answer(end=False)
    desk.say_turn("Second?")
    assert len(desk.ordered(msg.StartResponse)) == 1
    desk.give(msg.AnswerEnded(response_id))
    second = desk.ordered(msg.StartResponse)[1]
    assert second.prompt.entries[-1].text == "Second?"


def test_responses_beside_the_conversation_never_keep_a_spoken_turn_from_its_answer(desk):
    for _ in range(MAX_BESIDE):
        desk.client("response.create", response={"conversation": "none", "input": []})
    beside = {"conversation": "none", "input": []}
    refused = error_of(desk.client("response.create", response=beside))
    assert refused.code == "conversation_already_has_active_response"
    assert f"{MAX_BESIDE} active responses" in refused.message
    sent = desk.say_turn("What time is it?")
    assert types(sent)[-1] == "response.created"
