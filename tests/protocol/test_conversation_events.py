import pytest

from voice.protocol.conversation_events import (
    ConversationItemAdded,
    ConversationItemInputAudioTranscriptionCompleted,
    ConversationItemInputAudioTranscriptionFailed,
    TranscriptionUsage,
)
from voice.protocol.items import FunctionCall, InputAudio, UserMessage


def test_a_spoken_item_is_named_as_one_and_keeps_its_null_transcript():
    item = UserMessage(id="item_1", status="completed", content=[InputAudio(transcript=None)])
    wire = ConversationItemAdded(event_id="e", item=item).to_wire()
    assert wire["previous_item_id"] is None
    assert wire["item"] == {
        "id": "item_1",
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_audio", "transcript": None}],
    }


def test_a_call_in_progress_is_sent_with_name_and_empty_arguments():
    call = FunctionCall(id="item_1", name="clock", call_id="call_1", status="in_progress")
    wire = ConversationItemAdded(event_id="e", item=call, previous_item_id="item_0").to_wire()
    assert wire["item"]["arguments"] == ""
    assert wire["item"]["name"] == "clock"


@pytest.mark.parametrize("usage", [{}, None])
def test_a_transcript_always_has_a_usage(usage):
    wire = {"item_id": "i", "transcript": "Hi", "usage": usage}
    read = ConversationItemInputAudioTranscriptionCompleted.model_validate(wire)
    assert read.to_wire()["usage"] == {"type": "duration", "seconds": 0.0}
    built = ConversationItemInputAudioTranscriptionCompleted(item_id="i", transcript="Hi")
    assert built.usage == TranscriptionUsage(seconds=0.0)


def test_a_usage_in_tokens_is_kept_whole():
    usage = {"type": "tokens", "input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    read = ConversationItemInputAudioTranscriptionCompleted.model_validate(
        {"item_id": "i", "transcript": "Hi", "usage": usage}
    )
    assert read.to_wire()["usage"] == usage


def test_a_failed_transcription_with_a_bare_string_is_read():
    read = ConversationItemInputAudioTranscriptionFailed.model_validate(
        {"item_id": "i", "error": "too quiet"}
    )
    assert read.error.message == "too quiet"
