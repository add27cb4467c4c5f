"""Which of the user's turns the server answers by itself, and which a client asks about."""

import base64

import pytest

from tests.core.server_desk import Desk
from voice.core import server_messages as msg
from voice.protocol import server_events as ev


@pytest.fixture
def desk():
    return Desk()


def audio_item(desk, item_id="asked"):
    audio = base64.b64encode(bytes(48_000)).decode()
    content = [{"type": "input_audio", "audio": audio}]
    item = {"id": item_id, "type": "message", "role": "user", "content": content}
    return desk.client("conversation.item.create", item=item)


def test_an_item_with_audio_is_answered_only_when_asked_for(desk):
    audio_item(desk)
    desk.recognise("What time is it?")
    assert not desk.ordered(msg.StartResponse)


def test_an_answer_asked_for_before_the_words_are_known_is_the_only_one(desk):
    audio_item(desk)
    desk.client("response.create")
    desk.recognise("What time is it?")
    desk.answer()
    assert len(desk.ordered(msg.StartResponse)) == 1


def test_an_answer_asked_for_at_the_end_of_a_spoken_turn_is_the_only_one(desk):
    desk.hear(0.9, 640)
    desk.hear(0.0, 1_024)
    desk.client("response.create")
    desk.recognise("What time is it?")
    desk.answer()
    assert len(desk.ordered(msg.StartResponse)) == 1


def test_an_answer_beside_the_conversation_leaves_the_spoken_turn_to_be_answered(desk):
    desk.hear(0.9, 640)
    desk.hear(0.0, 1_024)
    desk.client("response.create", response={"conversation": "none"})
    desk.recognise("What time is it?")
    assert len(desk.ordered(msg.StartResponse)) == 2


def test_a_commit_by_hand_is_answered_only_when_asked_for(desk):
    desk.hear(0.9, 640)
    desk.client("input_audio_buffer.commit")
    desk.recognise("What time is it?")
    assert not desk.ordered(msg.StartResponse)


def test_the_events_of_an_answers_item_agree_on_the_item_before_it(desk):
    desk.say_turn()
    _, item_id = desk.answer()
    named = [
        action.event
        for action in desk.ordered(msg.Send)
        if isinstance(action.event, ev.ConversationItemAdded | ev.ConversationItemDone)
        and action.event.item.id == item_id
    ]
    (added, done) = named
    assert added.previous_item_id is not None
    assert done.previous_item_id == added.previous_item_id
