"""Counting tokens: never more than a tokenizer would, never fewer with more text."""

from hypothesis import given
from hypothesis import strategies as st

from voice.core.usage import (
    NO_USAGE,
    RATE_LIMITS,
    InputTokens,
    count_tokens,
    input_tokens,
    usage_object,
)


def test_words_are_tokens_and_long_words_are_several():
    assert count_tokens("It is noon.") == 3
    assert count_tokens("") == 0
    assert count_tokens("a" * 160) == 10
    assert count_tokens("今天天气很好") == 3


@given(st.text(max_size=80), st.text(max_size=80))
def test_more_text_is_never_fewer_tokens(text, more):
    assert count_tokens(text) <= count_tokens(text + more)


def test_the_brains_own_count_is_kept_and_bounds_what_was_cached():
    read = input_tokens(["ignored"], audio_ms=1_000, images=1, counted=20, cached=30)
    assert (read.text, read.audio, read.image, read.cached) == (20, 10, 0, 20)


def test_without_a_count_the_text_and_the_pictures_are_counted():
    read = input_tokens(["one two", "three"], audio_ms=0, images=1, counted=0, cached=0)
    assert read.text == 3
    assert read.image > 0


def test_the_parts_of_usage_add_up():
    read = input_tokens(["one two"], audio_ms=500, images=0, counted=0, cached=0)
    usage = usage_object(read, text_out=3, audio_out_ms=500)
    assert usage["input_tokens"] == 2 + 5
    assert usage["output_tokens"] == 3 + 10
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_nothing_used_has_the_full_shape_too():
    assert NO_USAGE["total_tokens"] == 0
    assert NO_USAGE["input_token_details"]["cached_tokens_details"]["audio_tokens"] == 0


def test_rate_limits_have_the_names_that_strict_clients_take():
    assert [limit["name"] for limit in RATE_LIMITS] == ["requests", "tokens"]
    assert all(limit["remaining"] == limit["limit"] > 0 for limit in RATE_LIMITS)


def test_what_text_tokens_were_spent_on_is_passed_on_where_a_brain_says_so():
    details = {"reasoning_tokens": 7, "audio_tokens": 3}
    usage = usage_object(InputTokens(5), text_out=9, audio_out_ms=0, details=details)
    assert usage["output_token_details"] == {
        "text_tokens": 9,
        "audio_tokens": 0,
        "reasoning_tokens": 7,
    }
