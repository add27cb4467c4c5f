"""When a session ends by itself."""

from voice.server.limits import Limits
from voice.server.patience import Patience

LIMITS = Limits(first_event_s=10, idle_s=900, session_s=3_600)


def test_a_client_that_sends_nothing_has_ten_seconds():
    ending = Patience(LIMITS, 100.0).ending()
    assert (ending.at_s, ending.code) == (110.0, 4011)


def test_a_client_that_was_heard_may_be_idle_for_a_while():
    patience = Patience(LIMITS, 100.0)
    patience.heard(105.0)
    assert (patience.ending().at_s, patience.ending().code) == (1_005.0, 4012)
    patience.heard(500.0)
    assert patience.ending().at_s == 1_400.0


def test_a_session_has_an_end_in_upstreams_words():
    patience = Patience(LIMITS, 100.0)
    patience.heard(3_500.0)
    ending = patience.ending()
    assert (ending.at_s, ending.code) == (3_700.0, 1001)
    assert ending.reason == "Your session hit the maximum duration of 60 minutes."


def test_the_end_of_a_short_session_names_its_length():
    ending = Patience(Limits(session_s=90, first_event_s=None), 0.0).ending()
    assert ending.reason == "Your session hit the maximum duration of 1.5 minutes."


def test_without_limits_there_is_no_end():
    limits = Limits(first_event_s=None, idle_s=None, session_s=None)
    assert Patience(limits, 0.0).ending() is None
