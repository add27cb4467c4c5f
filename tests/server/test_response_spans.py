"""The server's spans: one for each response and transcription, with its stages."""

import pytest

from voice.core import server_messages as msg
from voice.protocol.formats import PCM16
from voice.server.response_spans import ResponseSpans
from voice.testing import events


@pytest.fixture
def watched():
    """Return performers that do nothing, what is sent, and a clock to set."""
    now, sent, done = [0.0], [], []
    spans = ResponseSpans(sent.append, lambda: now[0])
    kinds = (msg.Send, msg.Transcribe, msg.StartResponse, msg.TurnMeasured, msg.StopResponse)
    performers = spans.watching({kind: done.append for kind in kinds})

    def act(at_s, action):
        now[0] = at_s
        performers[type(action)](action)

    return act, sent, done


def start(response_id="r1"):
    return msg.StartResponse(response_id, msg.Prompt("", ()), PCM16)


def test_a_response_has_its_stages_and_every_order_is_performed(watched):
    act, sent, done = watched
    act(0.5, msg.Send(events.session_created()))
    act(1.0, start())
    act(1.2, msg.TurnMeasured("first_token", 450))
    act(1.3, msg.Send(events.words("r1", "a1", "secret")))
    act(1.4, msg.Send(events.audio_delta("r1", "a1", 20)))
    act(1.5, msg.Send(events.audio_delta("r1", "a1", 20)))
    act(2.0, msg.Send(events.response_done("r1", usage={"input_tokens": 3, "output_tokens": 4})))
    [span] = sent
    assert (span.name, span.begin_s, span.end_s, span.is_error) == ("response", 1.0, 2.0, False)
    assert [(child.name, child.end_s) for child in span.children] == [
        ("first words", 1.3),
        ("first audio", 1.4),
    ]
    assert span.attributes == {
        "response.id": "r1",
        "since_last_word.first_token_ms": 450,
        "response.status": "completed",
        "session.id": "sess_1",
        "tokens.input": 3,
        "tokens.output": 4,
    }
    assert len(done) == 7
    assert "secret" not in repr(sent)


def test_a_failed_response_is_an_error(watched):
    act, sent, _ = watched
    act(1.0, start())
    act(2.0, msg.Send(events.response_done("r1", "failed")))
    assert sent[0].is_error


def test_a_transcription_is_told_and_a_partial_one_is_not(watched):
    act, sent, _ = watched
    act(1.0, msg.Transcribe("u1", 1, b"", PCM16, partial=True))
    act(1.1, msg.Send(events.transcribed("u1", "secret")))
    act(2.0, msg.Transcribe("u2", 1, b"", PCM16))
    act(2.3, msg.Send(events.transcribed("u2", "secret")))
    [span] = sent
    assert (span.name, span.begin_s, span.end_s) == ("transcription", 2.0, 2.3)
    assert "secret" not in repr(span)


def test_a_session_without_end_keeps_few_open_spans(watched):
    act, sent, _ = watched
    for number in range(1_000):
        act(1.0, start(f"r{number}"))
    act(2.0, msg.Send(events.response_done("r0")))
    assert sent == []
