"""The list of endpoints: which is tried next, and which never again."""

from voice.core.routes import Route, Routes
from voice.protocol.capabilities import Capabilities
from voice.protocol.dialects import Dialect
from voice.protocol.session_config import SessionConfig


def routes(*names: str, asks_beta: bool = False) -> Routes:
    return Routes([Route(name, Capabilities(), SessionConfig(), asks_beta) for name in names])


def test_the_list_is_walked_round_and_closed_endpoints_are_left_out() -> None:
    made = routes("cloud", "gateway", "own")
    assert (made.next(), made.better()) == (1, None)
    made.current = 2
    assert (made.next(), made.better()) == (0, 0)
    made.close(0)
    assert (made.next(), made.better()) == (1, 1)
    made.close(1)
    assert (made.next(), made.better()) == (None, None)


def test_one_endpoint_has_no_other() -> None:
    assert routes("cloud").next() is None


def test_the_other_dialect_is_tried_once() -> None:
    made = routes("cloud", asks_beta=True)
    assert made.dialect(0) is None
    assert made.turn_dialect(0)
    assert made.dialect(0) is Dialect.GA
    assert not made.turn_dialect(0)
    plain = routes("cloud")
    assert plain.turn_dialect(0)
    assert plain.dialect(0) is Dialect.BETA
