"""What an endpoint's refusal means, by status, code and words."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from voice.engines.brain_failures import PassingFailure, Said, of_event, of_status, retry_after_s


@pytest.mark.parametrize(
    ("status", "error", "code", "passes"),
    [
        (401, {"code": "invalid_api_key"}, "invalid_api_key", False),
        (401, "no such token", "invalid_api_key", False),
        (402, {}, "insufficient_quota", False),
        (403, {"code": "insufficient_user_quota"}, "insufficient_quota", False),
        (403, {"code": "model_not_allowed"}, "permission_denied", False),
        (404, {}, "model_not_found", False),
        (400, {"code": "context_length_exceeded"}, "context_length_exceeded", False),
        (400, {"message": "prompt is too long: 9 > 8"}, "context_length_exceeded", False),
        (400, {"message": "Your credit balance is too low"}, "insufficient_quota", False),
        (413, {"type": "request_too_large"}, "context_length_exceeded", False),
        (422, {}, "brain_refused", False),
        (429, {"type": "insufficient_quota"}, "insufficient_quota", False),
        (429, {"type": "rate_limit_error"}, "brain_rate_limit_exceeded", True),
        (500, {}, "brain_unavailable", True),
        (529, {"type": "overloaded_error"}, "brain_unavailable", True),
    ],
)
def test_causes_are_told_apart(status, error, code, passes):
    failure = of_status(status, Said.of({"error": error}), {}, "it", "m")
    assert failure.code == code
    assert isinstance(failure, PassingFailure) is passes


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("overloaded_error", "brain_unavailable"),
        ("rate_limit_error", "brain_rate_limit_exceeded"),
        ("authentication_error", "invalid_api_key"),
        ("insufficient_quota", "insufficient_quota"),
    ],
)
def test_an_error_inside_a_stream_says_its_cause_too(kind, code):
    assert of_event(Said(kind=kind), "it", "m").code == code


def test_what_an_error_says_at_length_is_never_repeated():
    failure = of_status(400, Said(code="has sk-1 in it", message="sk-2"), {}, "it", "m")
    assert "sk-" not in str(failure)


def test_a_rest_is_asked_for_in_seconds_milliseconds_or_as_a_date():
    at = datetime.now(UTC) + timedelta(seconds=30)
    assert retry_after_s({"Retry-After": "2"}) == 2.0
    assert retry_after_s({"retry-after-ms": "20", "retry-after": "9"}) == 0.02
    assert 28 < retry_after_s({"retry-after": format_datetime(at)}) <= 30
    assert retry_after_s({"retry-after": "soon"}) is None
    assert retry_after_s({}) is None
