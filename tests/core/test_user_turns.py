"""Turns from audio to signals: what the words and the sound of a pause do to its end."""

import pytest

from tests.core.server_desk import Desk, types
from voice.core import server_messages as msg
from voice.protocol.turn_causes import CAUSE_KEY, TURN_CAUSES_KEY

STOPPED = "input_audio_buffer.speech_stopped"


@pytest.fixture
def desk():
    return Desk()


def detection(desk, **block):
    desk.update(audio={"input": {"turn_detection": block}})


def paused_turn(desk):
    """Speak and pause; return the order to read a turn that may be over."""
    detection(desk, type="semantic_vad", eagerness="medium")
    desk.hear(0.9, 640)
    desk.hear(0.0, 96)
    return desk.ordered(msg.Transcribe)[-1]


def test_how_a_pause_sounds_makes_the_turn_wait_and_is_named(desk):
    desk.update(**{TURN_CAUSES_KEY: True})
    order = paused_turn(desk)
    assert order.may_end
    desk.give(msg.TurnSounded(order.item_id, order.generation, 0.1))
    desk.give(msg.Transcribed(order.item_id, order.generation, "Ask not.", 0.9))
    sent = desk.hear(0.0, 512)
    stopped = next(event for event in sent if event.type == STOPPED)
    cause = "512 ms of silence after complete words that sounded unfinished"
    assert stopped.model_extra[CAUSE_KEY] == cause


def test_how_an_earlier_pause_sounded_is_forgotten(desk):
    order = paused_turn(desk)
    desk.hear(0.9, 320)
    desk.hear(0.0, 96)
    desk.give(msg.TurnSounded(order.item_id, order.generation, 0.1))
    newest = desk.ordered(msg.Transcribe)[-1]
    desk.give(msg.Transcribed(newest.item_id, newest.generation, "Ask not.", 0.9))
    assert STOPPED in types(desk.hear(0.0, 128))


def test_where_silence_alone_ends_the_turn_nobody_need_listen_to_the_voice(desk):
    detection(desk, type="server_vad", silence_duration_ms=512)
    desk.hear(0.9, 640)
    desk.hear(0.0, 512)
    assert not any(order.may_end for order in desk.ordered(msg.Transcribe))
