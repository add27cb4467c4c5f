from voice.core.updates import (
    ConnectionLost,
    Ended,
    EndKind,
    EndpointChanged,
    Phase,
    PhaseChanged,
    Reconnected,
    SessionRenewed,
)
from voice.ui.live.connection import ConnectionFacts, duration


def test_first_connection_needs_no_reason() -> None:
    facts = ConnectionFacts("home", 0.0)
    assert (facts.line(5.0), facts.why_line(5.0)) == ("home", "")


def test_loss_says_why_and_counts_down_to_the_next_try() -> None:
    facts = ConnectionFacts("home", 0.0)
    facts.take(ConnectionLost("no route", 4_000, 3), 10.0)
    assert (facts.line(11.0), facts.why_line(11.0)) == ("lost; try 3 in 3 s", "no route")
    assert facts.line(15.0) == "lost; try 3 now"


def test_connection_that_is_back_says_since_when() -> None:
    facts = ConnectionFacts("home", 0.0)
    facts.take(ConnectionLost("no route", 4_000, 1), 10.0)
    facts.take(Reconnected("partial", 2), 12.0)
    assert facts.line(20.0) == "home"
    assert facts.why_line(20.0) == "found again, 2 items missing, 0:08 ago"


def test_renewed_session_says_so() -> None:
    facts = ConnectionFacts("home", 0.0)
    facts.take(SessionRenewed("full"), 60.0)
    assert facts.why_line(61.0) == "renewed before the session expired, 0:01 ago"


def test_another_endpoint_says_why_the_one_before_was_left() -> None:
    facts = ConnectionFacts("first", 0.0)
    facts.take(EndpointChanged("second", 1, "it is full"), 1.0)
    assert (facts.line(1.0), facts.why) == ("second", "left the other: it is full")
    facts.take(EndpointChanged("first", 0, ""), 2.0)
    assert (facts.line(2.0), facts.why) == ("first", "it is back")


def test_ended_connection_is_closed() -> None:
    facts = ConnectionFacts("home", 0.0)
    facts.take(Ended(EndKind.LINK_LOST, 1006, "gone"), 1.0)
    assert facts.line(2.0) == "home, closed"


def test_other_updates_are_no_news_of_it() -> None:
    assert not ConnectionFacts("home", 0.0).take(PhaseChanged(Phase.LISTENING), 1.0)


def test_durations_read_like_a_clock() -> None:
    assert [duration(s) for s in (0, 61.9, 3_661)] == ["0:00", "1:01", "1:01:01"]
