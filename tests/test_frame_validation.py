"""The guard on our server's frames sees what is wrong with one, and passes what is right."""

import json

import pytest

from tests.frame_validation import FrameRecorder, faults
from tests.server.serving_kit import connect, server
from voice.protocol.dialects import Dialect

ITEM = {
    "type": "message",
    "id": "item_1",
    "object": "realtime.item",
    "role": "user",
    "status": "completed",
    "content": [{"type": "input_text", "text": "Hello"}],
}


def added(**changes):
    event = {"type": "conversation.item.added", "event_id": "event_1", "item": ITEM}
    return json.dumps({**event, "previous_item_id": None, **changes})


def test_a_frame_as_upstream_sends_it_has_no_faults():
    assert faults(added(), Dialect.GA) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"event_id": 7}, "ga: conversation.item.added: event_id: Input should be a valid string"),
        ({"extra": 1}, "ga: conversation.item.added: extra: Extra inputs are not permitted"),
        (
            {"item": {**ITEM, "content": None}},
            "ga: conversation.item.added: item.content: Input should be a valid array",
        ),
        (
            {"item": {**ITEM, "content": [{"type": "input_text", "words": "Hello"}]}},
            "ga: conversation.item.added: item.content.words: Extra inputs are not permitted",
        ),
    ],
)
def test_each_fault_is_named_by_its_place(changes, fault):
    assert faults(added(**changes), Dialect.GA) == [fault]


def test_a_missing_field_is_a_fault():
    frame = json.dumps({"type": "input_audio_buffer.cleared"})

    assert faults(frame, Dialect.BETA) == [
        "beta: input_audio_buffer.cleared: event_id: Field required"
    ]


def test_an_event_of_the_other_dialect_is_a_fault():
    frame = json.dumps({"type": "conversation.item.done", "event_id": "event_1", "item": ITEM})

    assert faults(frame, Dialect.GA) == []
    assert faults(frame, Dialect.BETA) == ["beta: no such server event: 'conversation.item.done'"]


def test_of_audio_the_first_of_each_sender_is_checked():
    frame = json.dumps({"type": "response.output_audio.delta"}, separators=(",", ":"))
    recorder = FrameRecorder()

    for sender in (1, 1, 2):
        recorder.take(frame, Dialect.GA, sender)

    assert recorder.checked == 2
    assert "ga: response.output_audio.delta: item_id: Field required" in recorder.faults


async def test_what_a_server_sends_is_watched(valid_frames):
    async with server() as running, connect(running) as client:
        await client.until("session.created")

    assert valid_frames.checked == 3  # the core's event in both dialects, and the frame itself
