"""Ends of connections by their cause: again, in another dialect, elsewhere, or never."""

import pytest

from tests.core.recovery_kit import (
    LOST,
    answer,
    frames,
    lose,
    lose_and_return,
    one,
    ready,
    sent_audio,
    told,
)
from voice.core.client_actions import Connect, DropLink
from voice.core.client_inputs import ClockJumped, HangUp, LinkDown, LinkUp, Started, UserTyped
from voice.core.reconnect import Persistence
from voice.core.restore import CONTINUES
from voice.core.routes import Route
from voice.core.updates import (
    ConnectionLost,
    Ended,
    EndKind,
    EndpointChanged,
    Phase,
)
from voice.protocol.capabilities import Capabilities
from voice.protocol.client_events import (
    ConversationItemCreate,
    SessionUpdate,
)
from voice.protocol.dialects import Dialect
from voice.protocol.session_config import SessionConfig
from voice.testing import events
from voice.testing.pure_shell import PureShell


def test_a_sleep_drops_the_connection_at_once_and_forgets_old_speech() -> None:
    shell = ready()
    shell.feed(events.speech_started("u1"))
    frames(shell, 0, 100)
    done = shell.feed(ClockJumped())
    assert DropLink() in done
    assert Connect() in done
    before = len(shell.done)
    shell.connect_from_dialled()
    assert sent_audio(list(shell.done[before:])) == b""


def test_a_sleep_while_it_waits_to_dial_dials_at_once() -> None:
    shell = ready()
    shell.feed(LOST)
    for _ in range(6):
        shell.feed(LinkDown(0, "nobody answers"))
        shell.advance(15_000)
    # The first of these hung, and is followed by another at once.
    shell.feed(LinkDown(0, "nobody answers"))
    assert Connect() not in shell.feed(LinkDown(0, "nobody answers"))
    shell.feed(ClockJumped())
    assert Connect() in shell.advance(1)


def test_hanging_up_while_there_is_no_connection_is_the_end() -> None:
    shell = ready()
    shell.feed(LOST)
    shell.feed(LinkDown(0, "nobody answers"))
    shell.feed(HangUp())
    assert one(shell, Ended).kind is EndKind.HUNG_UP
    assert shell.core.is_closed


def test_a_conversation_gives_up_when_it_was_told_to() -> None:
    shell = ready(persistence=Persistence(give_up_after_ms=5_000))
    shell.feed(LOST)
    for _ in range(40):
        if shell.updates(Ended):
            break
        shell.feed(LinkDown(0, "nobody answers"))
        shell.advance(1_000)
    ended = one(shell, Ended)
    assert (ended.kind, ended.reason) == (EndKind.LINK_LOST, "nobody answers")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("invalid_api_key", "refused the key"),
        ("insufficient_quota", "no credit"),
        ("account_deactivated", "not active"),
    ],
)
def test_a_key_that_is_refused_in_the_session_is_named_and_never_tried_again(
    code: str, words: str
) -> None:
    shell = ready()
    shell.feed(events.error(code, "sk-canary is no key"))
    ended = one(shell, Ended)
    assert ended.kind is EndKind.AUTH_FAILED
    assert words in ended.reason
    assert "canary" not in ended.reason


def test_the_error_before_a_close_says_what_the_close_means() -> None:
    shell = ready()
    shell.feed(events.error("session_limit_reached"))
    shell.feed(LinkDown(1008, "policy"))
    assert shell.updates(Ended) == []
    assert one(shell, ConnectionLost).retry_in_ms > 0


def test_an_expired_session_is_followed_by_another() -> None:
    shell = ready()
    done = shell.feed(events.error("session_expired"))
    assert DropLink() in done
    assert Connect() in done


def test_a_refused_dialect_is_tried_once_in_the_other() -> None:
    shell = PureShell(asks_beta=True)
    shell.feed(Started())
    shell.feed(LinkUp())
    done = shell.feed(events.error("beta_api_shape_disabled"))
    assert done[-1] == Connect(0, Dialect.GA)
    shell.connect_from_dialled()
    assert shell.core.phase is Phase.LISTENING
    lose(shell)
    assert [action for action in shell.done if isinstance(action, Connect)][-1].dialect is (
        Dialect.GA
    )
    shell.feed(LinkDown(4000, "invalid_request_error.beta_api_shape_disabled"))
    assert len(shell.updates(Ended)) == 1


def own(name: str = "own") -> Route:
    return Route(name, Capabilities(), SessionConfig(instructions="Own."))


def test_another_endpoint_goes_on_with_the_conversation_and_says_so_once() -> None:
    shell = ready(fallbacks=[own()])
    shell.feed(UserTyped("Hello"))
    answer(shell, 1, "Hi")
    shell.advance(1_000)
    before = len(shell.sent(ConversationItemCreate))
    shell.feed(LOST)
    shell.feed(LinkDown(0, "nobody answers"))
    shell.advance(500)
    done = shell.feed(LinkDown(0, "nobody answers"))
    assert Connect(1) in done
    shell.connect_from_dialled()
    assert one(shell, EndpointChanged) == EndpointChanged("own", 1, "nobody answers")
    assert told(shell, before) == [("user", "Hello"), ("assistant", "Hi")]
    assert shell.sent(SessionUpdate)[-1].session.instructions == f"Own.\n\n{CONTINUES}"
    lose_and_return(shell)
    assert len(shell.updates(EndpointChanged)) == 1


def test_a_refused_key_goes_to_the_next_endpoint_even_at_the_start() -> None:
    shell = PureShell(fallbacks=[own()])
    shell.feed(Started())
    done = shell.feed(LinkDown(401, "no", is_auth=True))
    assert Connect(1) in done
    shell.connect_from_dialled()
    assert [update.index for update in shell.updates(EndpointChanged)] == [1]
    assert shell.sent(SessionUpdate)[-1].session.instructions == "Own."


def test_when_every_endpoint_refuses_the_last_word_is_the_end() -> None:
    shell = PureShell(fallbacks=[own()])
    shell.feed(Started())
    shell.feed(LinkDown(401, "no", is_auth=True))
    shell.feed(LinkDown(402, "no credit", retryable=False))
    assert one(shell, Ended).kind is EndKind.AUTH_FAILED


def test_endpoints_that_are_all_gone_are_tried_in_turn_without_a_storm() -> None:
    shell = ready(fallbacks=[own()])
    shell.feed(LOST)
    shell.feed(LinkDown(0, "gone"))
    for _ in range(600):
        before = len(shell.done)
        shell.advance(1_000)
        if any(isinstance(action, Connect) for action in shell.done[before:]):
            shell.feed(LinkDown(0, "gone"))
    tried = [action.endpoint for action in shell.done if isinstance(action, Connect)]
    assert len(tried) <= 70
    assert {0, 1} == set(tried)


def test_a_session_may_keep_trying_from_the_start() -> None:
    shell = PureShell(persistence=Persistence(at_start=True))
    shell.feed(Started())
    shell.feed(LinkDown(0, "nobody answers"))
    assert shell.updates(Ended) == []
    shell.connect_from_dialled()
    assert shell.core.phase is Phase.LISTENING
