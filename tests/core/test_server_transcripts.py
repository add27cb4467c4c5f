"""Transcription events, in order and of one item each."""

import itertools

from voice.core.server_transcripts import MAX_LIVE, ServerTranscripts
from voice.core.turn_signals import TurnTranscribed


def transcripts():
    numbers = itertools.count()
    return ServerTranscripts(new_id=lambda kind: f"{kind}_{next(numbers)}")


def told(events):
    return [(event.type.rpartition(".")[2], event.item_id) for event in events]


def test_a_turn_is_told_in_deltas_and_then_whole():
    written = transcripts()
    events = written.so_far("a", "Turn on") + written.so_far("a", "Turn on the")
    events += written.finished(TurnTranscribed("a", "Turn on the light."), 1_500)
    assert told(events) == [("delta", "a"), ("delta", "a"), ("completed", "a")]
    assert events[-1].to_wire()["usage"] == {"type": "duration", "seconds": 1.5}


def test_turns_are_kept_apart():
    written = transcripts()
    written.so_far("a", "One two")
    assert written.so_far("b", "One two three") == []


def test_silence_is_completed_without_a_delta():
    assert told(transcripts().finished(TurnTranscribed("a", ""), 500)) == [("completed", "a")]


def test_a_failure_is_told_whatever_was_told_before():
    written = transcripts()
    written.so_far("a", "Turn on")
    written.so_far("a", "Turn on the")
    assert told(written.finished(TurnTranscribed("a", "", "gone"), 500)) == [("failed", "a")]


def test_a_forgotten_turn_begins_anew():
    written = transcripts()
    written.so_far("a", "Turn on")
    written.forget("a")
    assert written.so_far("a", "Turn on the") == []


def test_of_too_many_open_turns_the_oldest_begins_anew():
    written = transcripts()
    for number in range(MAX_LIVE + 1):
        written.so_far(f"item_{number}", "One two")
    assert written.so_far("item_0", "One two three") == []
    assert told(written.so_far(f"item_{MAX_LIVE}", "One two three")) == [
        ("delta", f"item_{MAX_LIVE}")
    ]
