"""What is fatal, what is tried again, and what a person is told."""

import pytest

from voice.core.verdicts import (
    CLOSE_RULES,
    ERROR_RULES,
    STATUS_RULES,
    Verdict,
    of_close,
    of_end,
    of_error,
    of_failed_response,
    of_status,
)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.NEXT), (302, Verdict.NEXT), (401, Verdict.NEVER), (402, Verdict.NEVER),
        (403, Verdict.NEVER), (404, Verdict.NEVER), (407, Verdict.NEVER), (410, Verdict.NEVER),
        (426, Verdict.NEVER), (429, Verdict.LATER), (500, Verdict.RETRY), (502, Verdict.RETRY),
        (503, Verdict.RETRY), (504, Verdict.RETRY), (418, Verdict.RETRY), (511, Verdict.NEXT),
    ],
)  # fmt: skip
def test_each_http_status_has_its_verdict(status: int, verdict: Verdict) -> None:
    assert of_status(status).verdict is verdict


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (1000, Verdict.RETRY), (1001, Verdict.RETRY), (1005, Verdict.RETRY),
        (1006, Verdict.RETRY), (1008, Verdict.NEVER), (1011, Verdict.RETRY),
        (1012, Verdict.RETRY), (1013, Verdict.LATER), (1015, Verdict.RETRY),
        (3000, Verdict.NEVER), (3500, Verdict.NEVER), (4000, Verdict.OTHER_DIALECT),
        (4008, Verdict.RETRY), (4009, Verdict.LATER), (4999, Verdict.RETRY),
    ],
)  # fmt: skip
def test_each_close_code_has_its_verdict(code: int, verdict: Verdict) -> None:
    assert of_close(code).verdict is verdict


@pytest.mark.parametrize(
    ("code", "verdict", "is_auth"),
    [
        ("invalid_api_key", Verdict.NEVER, True),
        ("insufficient_quota", Verdict.NEVER, True),
        ("credit_balance_exhausted", Verdict.NEVER, True),
        ("billing_hard_limit_reached", Verdict.NEVER, True),
        ("account_deactivated", Verdict.NEVER, True),
        ("invalid_model", Verdict.NEVER, False),
        ("missing_model", Verdict.NEVER, False),
        ("beta_api_shape_disabled", Verdict.OTHER_DIALECT, False),
        ("session_expired", Verdict.RETRY, False),
        ("rate_limit_exceeded", Verdict.LATER, False),
        ("server_error", Verdict.RETRY, False),
    ],
)
def test_each_error_code_has_its_verdict(code: str, verdict: Verdict, is_auth: bool) -> None:
    rule = of_error(code)
    assert rule is not None
    assert (rule.verdict, rule.is_auth) == (verdict, is_auth)


def test_an_error_is_known_by_its_type_where_the_code_says_nothing() -> None:
    assert of_error("odd", "authentication_error") == of_error("authentication_error")
    assert of_error("odd", None) is None
    assert of_error(None, None) is None


def test_an_end_without_a_code_is_judged_by_what_the_shell_knows() -> None:
    assert of_end(0, is_auth=False, retryable=True).verdict is Verdict.RETRY
    assert of_end(0, is_auth=False, retryable=False).verdict is Verdict.NEVER
    assert of_end(0, is_auth=True, retryable=False).is_auth
    assert of_end(401, is_auth=True, retryable=False).is_auth
    # A login page that hides behind a status of another meaning.
    assert of_end(511, is_auth=False, retryable=False).verdict is Verdict.NEXT


def test_every_sentence_goes_on_from_the_endpoint() -> None:
    for table in (ERROR_RULES, STATUS_RULES, CLOSE_RULES):
        for rule in table.values():
            assert rule.sentence[0].islower()
            assert not rule.sentence.endswith(".")


def test_a_failure_that_names_the_models_key_is_told_with_its_setting() -> None:
    told = "the endpoint refused the key (401); set brain.api_key or VOICE_BRAIN__API_KEY"
    for code in ("invalid_api_key", "insufficient_quota", "permission_denied"):
        ours = of_failed_response(code, None, told)
        assert ours is not None and ours.is_auth
        assert "VOICE_BRAIN__API_KEY" in ours.sentence
        assert of_failed_response(code, None, "no such key") is of_error(code)
        assert of_failed_response(code, None, None) is of_error(code)
    assert of_failed_response("server_error", None, told) is of_error("server_error")
