"""What an error event means: a refused session, a refused request, a lost race, or news."""

import pytest

from voice.core.client_actions import Close
from voice.core.client_errors import ACTIVE_RESPONSE, RACE_CODES, code_of
from voice.core.client_inputs import DialectDetected, LinkUp, Started, UserTyped
from voice.core.updates import Ended, EndKind, ErrorReported, Phase, WarningIssued
from voice.core.wishes import MAX_ATTEMPTS, RETRY_MS
from voice.protocol.client_events import ConversationItemCreate, ResponseCreate
from voice.protocol.dialects import Dialect
from voice.protocol.response_object import ErrorDetails
from voice.testing import events
from voice.testing.pure_shell import PureShell


def dialled() -> PureShell:
    shell = PureShell()
    shell.feed(Started())
    shell.feed(LinkUp())
    return shell


def greeted() -> PureShell:
    shell = dialled()
    shell.feed(DialectDetected(Dialect.GA))
    shell.feed(events.session_created())
    return shell


def ready() -> PureShell:
    shell = PureShell()
    shell.connect()
    return shell


def warnings(shell: PureShell) -> list[str]:
    return [update.code for update in shell.updates(WarningIssued)]


def errors(shell: PureShell) -> list[str]:
    return [update.code for update in shell.updates(ErrorReported)]


@pytest.mark.parametrize("code", ["invalid_api_key", "insufficient_quota", "account_deactivated"])
def test_a_first_frame_about_the_key_is_a_refused_key_and_repeats_nothing_of_it(code: str) -> None:
    shell = dialled()
    done = shell.feed(events.error(code, "Incorrect API key provided: sk-canary"))
    [ended] = shell.updates(Ended)
    assert ended.kind is EndKind.AUTH_FAILED
    assert "sk-canary" not in repr(done)
    assert any(isinstance(action, Close) for action in done)


def test_a_first_frame_error_is_a_failed_connect_in_one_sentence() -> None:
    shell = dialled()
    shell.feed(events.error("invalid_model", "No such model"))
    [ended] = shell.updates(Ended)
    assert ended.kind is EndKind.CONNECT_FAILED
    assert ended.reason == "the endpoint refused to open a session (invalid_model): No such model"


@pytest.mark.parametrize("event_id", [None, "update_1"])
def test_a_refused_configuration_is_a_failed_connect(event_id: str | None) -> None:
    shell = greeted()
    shell.feed(events.error("unknown_parameter", "Unknown parameter: x", event_id=event_id))
    [ended] = shell.updates(Ended)
    assert ended.kind is EndKind.CONNECT_FAILED
    assert "refused our session configuration" in ended.reason


def test_an_error_about_something_else_does_not_end_the_configuration() -> None:
    shell = greeted()
    shell.feed(events.error("odd", "?", event_id="somebody_else_1"))
    shell.feed(events.session_updated())
    assert shell.core.phase is Phase.LISTENING


@pytest.mark.parametrize("code", sorted(RACE_CODES))
def test_lost_races_are_swallowed_with_a_warning(code: str) -> None:
    shell = ready()
    shell.feed(events.error(code))
    assert warnings(shell) == [code]
    assert errors(shell) == []


@pytest.mark.parametrize("kind", ["truncate", "cancel", "delete", "retrieve"])
def test_a_refused_truncate_is_a_lost_race_whatever_its_code(kind: str) -> None:
    shell = ready()
    shell.feed(events.error("invalid_value", "already shorter", event_id=f"{kind}_1"))
    assert errors(shell) == []


def test_other_errors_are_told() -> None:
    shell = ready()
    shell.feed(events.error("server_error", "Oops"))
    assert shell.updates(ErrorReported) == [ErrorReported("server_error", "Oops")]
    assert shell.core.phase is Phase.LISTENING


def test_a_collision_keeps_the_wish_and_asks_again_later() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    shell.feed(events.error(ACTIVE_RESPONSE, event_id="ask_1"))
    assert errors(shell) == []
    assert len(shell.sent(ResponseCreate)) == 1
    shell.advance(RETRY_MS)
    assert len(shell.sent(ResponseCreate)) == 2


def test_a_collision_with_a_response_that_we_see_is_asked_about_after_it() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    shell.feed(events.response_created("r1"))
    shell.feed(events.error(ACTIVE_RESPONSE, event_id="ask_1"))
    shell.advance(RETRY_MS)
    assert len(shell.sent(ResponseCreate)) == 1
    shell.feed(events.response_done("r1"))
    assert len(shell.sent(ResponseCreate)) == 2


def test_a_collision_with_a_response_that_covers_the_wish_is_the_end_of_it() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    shell.feed(events.item_added({"id": "item_1", "type": "message", "role": "user"}))
    shell.feed(events.response_created("r1"))
    shell.feed(events.error(ACTIVE_RESPONSE, event_id="ask_1"))
    shell.feed(events.response_done("r1"))
    shell.advance(RETRY_MS)
    assert len(shell.sent(ResponseCreate)) == 1


def test_a_collision_that_names_no_event_can_only_mean_our_request() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    shell.feed(events.error(None, "Conversation already has an active response"))
    shell.advance(RETRY_MS)
    assert len(shell.sent(ResponseCreate)) == 2


def test_a_wish_that_is_refused_for_ever_ends_as_an_error() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    for attempt in range(1, MAX_ATTEMPTS + 1):
        shell.feed(events.error(ACTIVE_RESPONSE, event_id=f"ask_{attempt}"))
        shell.advance(RETRY_MS)
    assert len(shell.sent(ResponseCreate)) == MAX_ATTEMPTS
    assert errors(shell) == ["answer_refused"]
    assert shell.core.phase is Phase.LISTENING


def test_a_request_refused_for_another_reason_is_told_and_not_repeated() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    shell.feed(events.error("rate_limit_exceeded", "Slow down", event_id="ask_1"))
    shell.advance(RETRY_MS)
    assert len(shell.sent(ResponseCreate)) == 1
    assert errors(shell) == ["rate_limit_exceeded"]
    assert shell.core.phase is Phase.LISTENING


def test_an_item_that_the_endpoint_refuses_is_not_kept() -> None:
    shell = ready()
    shell.feed(UserTyped("Hello"))
    [created] = shell.sent(ConversationItemCreate)
    shell.feed(events.error("invalid_value", "No", event_id=created.event_id))
    assert len(shell.core.ledger) == 0


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Conversation already has an active response", ACTIVE_RESPONSE),
        ("Cancellation failed: no active response found", "response_cancel_not_active"),
        (
            "Error committing input audio buffer: buffer too small",
            "input_audio_buffer_commit_empty",
        ),
        ("Something else", "error"),
    ],
)
def test_errors_without_a_code_are_known_by_their_words(message: str, code: str) -> None:
    assert code_of(ErrorDetails(message=message)) == code
