"""The server's conversation: truth of a cut, restored histories, and what a prompt may hold."""

import base64
import random

import pytest

from tests.core.server_desk import Desk, error_of, text_turn, types
from voice.core import server_messages as msg
from voice.core.ledger import MAX_ITEMS

TEXT = "One two three four five six seven eight nine ten."


@pytest.fixture
def desk():
    return Desk()


def cut(desk, item_id, audio_end_ms):
    return desk.client(
        "conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=audio_end_ms
    )


def prompt_texts(desk):
    return [entry.text for entry in desk.ordered(msg.StartResponse)[-1].prompt.entries]


def retrieve(desk, item_id):
    (event,) = desk.client("conversation.item.retrieve", item_id=item_id)
    return event.to_wire()["item"]


def test_200_cuts_keep_exactly_the_words_wholly_heard():
    rng = random.Random(7)
    for _ in range(200):
        desk = Desk()
        words = [f"w{n}" for n in range(rng.randint(1, 30))]
        desk.say_turn()
        response_id = desk.ordered(msg.StartResponse)[-1].response_id
        desk.give(msg.AnswerBegun(response_id))
        sent, timed, end_ms = [], [], 0
        for index, word in enumerate(words):
            end_ms += rng.randint(60, 700)
            timed.append(msg.TimedText(word if index == 0 else f" {word}", end_ms))
        for index, word in enumerate(timed):
            sent += desk.give(msg.SpeechBegun(response_id, word.text))
            length_ms = word.end_ms - (timed[index - 1].end_ms if index else 0)
            desk.give(msg.SpeechMade(response_id, bytes(48 * length_ms), (word,)))
        item_id = next(e.item_id for e in sent if hasattr(e, "item_id"))
        audio_end_ms = rng.randint(0, end_ms)
        cut(desk, item_id, audio_end_ms)
        heard = "".join(word.text for word in timed if word.end_ms <= audio_end_ms)
        entry = desk.core.ledger.entry(item_id)
        assert entry.text == heard
        assert entry.text + entry.unheard_text == " ".join(words)


def test_a_second_cut_may_only_take_more(desk):
    desk.say_turn()
    _, item_id = desk.answer(TEXT)
    cut(desk, item_id, 500)
    cut(desk, item_id, 300)
    assert desk.core.ledger.entry(item_id).text == "One two three"
    assert types(cut(desk, item_id, 500)) == ["conversation.item.truncated"]
    assert desk.core.ledger.entry(item_id).text == "One two three"
    error = error_of(cut(desk, item_id, 900))
    assert error.message == "Audio content of 300ms is already shorter than 900ms"
    assert error.code == "invalid_value"
    entry = desk.core.ledger.entry(item_id)
    assert entry.text + entry.unheard_text == TEXT


def test_what_is_said_after_a_cut_into_a_running_answer_counts_as_unheard(desk):
    desk.say_turn()
    response_id, item_id = desk.answer("One two three.", end=False)
    cut(desk, item_id, 200)
    desk.give(msg.SpeechBegun(response_id, " Four five."))
    desk.give(msg.SpeechMade(response_id, bytes(9_600), (msg.TimedText(" Four five.", 500),)))
    sent = desk.give(msg.AnswerEnded(response_id))
    done = next(e for e in sent if e.type == "response.done").to_wire()["response"]
    assert done["output"][0]["status"] == "incomplete"
    assert done["output"][0]["content"][0]["transcript"] == "One two"
    assert retrieve(desk, item_id)["content"][0]["transcript"] == "One two"
    desk.say_turn("Go on.")
    assert prompt_texts(desk) == ["What time is it?", "One two", "Go on."]


def test_a_reference_to_a_cut_item_brings_only_what_was_heard(desk):
    desk.say_turn()
    _, item_id = desk.answer(TEXT)
    cut(desk, item_id, 250)
    reference = {"type": "item_reference", "id": item_id}
    desk.client("response.create", response={"conversation": "none", "input": [reference]})
    assert prompt_texts(desk) == ["One two"]


def test_a_cut_at_zero_leaves_nothing_for_the_brain(desk):
    desk.say_turn()
    _, item_id = desk.answer(TEXT)
    assert types(cut(desk, item_id, 0)) == ["conversation.item.truncated"]
    desk.say_turn("Again?")
    assert prompt_texts(desk) == ["What time is it?", "Again?"]


def test_a_deleted_item_of_a_running_answer_is_not_heard_of_again(desk):
    desk.say_turn()
    response_id, item_id = desk.answer("One two.", end=False)
    desk.client("conversation.item.delete", item_id=item_id)
    before = len(desk.actions)
    desk.give(msg.SpeechMade(response_id, bytes(960)))
    desk.give(msg.AnswerEnded(response_id))
    sent = types(a.event for a in desk.actions[before:] if isinstance(a, msg.Send))
    assert "response.output_item.done" in sent
    assert not [kind for kind in sent if kind.startswith("conversation.item")]
    assert error_of(cut(desk, item_id, 100)).code == "item_truncate_invalid_item_id"


def test_a_history_with_half_of_its_calls_is_taken_and_the_half_kept_from_the_brain(desk):
    output = {"type": "function_call_output", "call_id": "lost", "output": "ok"}
    sent = desk.client("conversation.item.create", item=output)
    assert types(sent) == ["conversation.item.added", "conversation.item.done"]
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    desk.client("conversation.item.create", item=call)
    desk.client("conversation.item.create", item={**output, "call_id": "c"})
    assert len(desk.core.ledger) == 3


def test_words_of_an_audio_part_stand_beside_the_text_of_the_item(desk):
    audio = base64.b64encode(bytes(48_000)).decode()
    content = [{"type": "input_text", "text": "So:"}, {"type": "input_audio", "audio": audio}]
    item = {"id": "i", "type": "message", "role": "user", "content": content}
    added, _ = desk.client("conversation.item.create", item=item)
    assert "audio" not in added.to_wire()["item"]["content"][1]
    desk.client("response.create")
    desk.recognise("what is this?")
    assert prompt_texts(desk) == ["So: what is this?"]
    assert retrieve(desk, "i")["content"] == [
        {"type": "input_text", "text": "So:"},
        {"type": "input_audio", "transcript": "what is this?"},
    ]


def test_beyond_the_bound_the_client_is_told_what_went(desk):
    for number in range(MAX_ITEMS):
        text_turn(desk, f"turn {number}", id=f"i{number}")
    sent = text_turn(desk, "one more", id="last")
    assert types(sent) == [
        "conversation.item.deleted",
        "conversation.item.added",
        "conversation.item.done",
    ]
    assert sent[0].item_id == "i0"
    assert len(desk.core.ledger) == MAX_ITEMS


def long_talk(desk, turns=40, words=300):
    for number in range(turns):
        text_turn(desk, f"turn {number} " + "word " * words)


def test_a_long_conversation_is_compacted_and_not_refused():
    desk = Desk(context_tokens=8_000)
    long_talk(desk)
    assert types(desk.client("response.create")) == ["response.created"]
    entries = desk.ordered(msg.StartResponse)[-1].prompt.entries
    assert entries[-1].text.startswith("turn 39 ")
    assert 5 < len(entries) < 20
    assert len(desk.core.ledger) == 40


def test_compaction_keeps_the_beginning_for_the_next_turn():
    desk = Desk(context_tokens=8_000)
    long_talk(desk)
    desk.client("response.create")
    first = prompt_texts(desk)
    desk.answer()
    text_turn(desk, "And now?")
    desk.client("response.create")
    assert prompt_texts(desk)[: len(first)] == first


def test_with_truncation_disabled_a_conversation_too_long_fails_and_says_why():
    desk = Desk(context_tokens=8_000)
    desk.update(truncation="disabled")
    long_talk(desk)
    created, done, limits = desk.client("response.create")
    assert [e.type for e in (created, done, limits)] == [
        "response.created",
        "response.done",
        "rate_limits.updated",
    ]
    body = done.to_wire()["response"]
    assert body["status"] == "failed"
    assert body["status_details"]["error"]["code"] == "context_length_exceeded"
    assert body["usage"]["total_tokens"] == 0
    assert not desk.ordered(msg.StartResponse)
    desk.update(truncation="auto")
    assert types(desk.client("response.create")) == ["response.created"]


def test_the_unheard_rest_is_in_no_compacted_prompt_either():
    desk = Desk(context_tokens=8_000)
    desk.say_turn()
    _, item_id = desk.answer("Heard. Secret.")
    cut(desk, item_id, 100)
    long_talk(desk, turns=10)
    desk.client("response.create")
    assert "Secret" not in " ".join(prompt_texts(desk))
