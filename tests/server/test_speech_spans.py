"""Spans of speech in a recording."""

from hypothesis import given
from hypothesis import strategies as st

from voice.server.speech_spans import LONGEST_SPAN_MS, PADDING_MS, Span, speech_spans

FRAME_MS = 32


def spans(*stretches):
    """Spans of alternating stretches of frames, silent first."""
    probabilities = [
        float(index % 2) for index, count in enumerate(stretches) for _ in range(count)
    ]
    return speech_spans(probabilities, frame_ms=FRAME_MS, total_ms=len(probabilities) * FRAME_MS)


def test_silence_has_no_span():
    assert spans(100) == ()
    assert spans() == ()


def test_speech_is_padded_on_both_sides():
    assert spans(50, 50, 50) == (Span(50 * 32 - PADDING_MS, 100 * 32 + PADDING_MS),)


def test_padding_stays_within_the_recording():
    assert spans(2, 50) == (Span(0, 52 * 32),)


def test_a_pause_ends_a_span_and_a_breath_does_not():
    assert len(spans(10, 40, 30, 40, 30)) == 2
    assert len(spans(10, 40, 10, 40, 30)) == 1


def test_speech_without_a_pause_is_cut_where_it_is_least_like_speech():
    probabilities = [0.9] * 400 + [0.6] + [0.9] * 200
    total_ms = len(probabilities) * FRAME_MS

    first, second = speech_spans(probabilities, frame_ms=FRAME_MS, total_ms=total_ms)

    assert first.end_ms == second.start_ms == 400 * FRAME_MS
    assert (first.start_ms, second.end_ms) == (0, total_ms)


@given(st.lists(st.floats(0, 1), max_size=2_000))
def test_spans_are_in_order_short_and_hold_every_sure_frame(probabilities):
    total_ms = len(probabilities) * FRAME_MS

    found = speech_spans(probabilities, frame_ms=FRAME_MS, total_ms=total_ms)

    end_ms = 0
    for span in found:
        assert end_ms <= span.start_ms < span.end_ms <= total_ms
        assert span.end_ms - span.start_ms <= LONGEST_SPAN_MS + FRAME_MS
        end_ms = span.end_ms
    for index, probability in enumerate(probabilities):
        if probability >= 0.5:
            at_ms = index * FRAME_MS
            assert any(s.start_ms <= at_ms and at_ms + FRAME_MS <= s.end_ms for s in found) or any(
                s.start_ms <= at_ms < s.end_ms for s in found
            )
