"""The connection machine: its table, its deadlines and its back-off."""

import pytest

from voice.core.link import (
    BACK_OFF_MS,
    CONFIGURED_DEADLINE_MS,
    GREETING_DEADLINE_MS,
    TRANSITIONS,
    Link,
    LinkEvent,
    LinkState,
    back_off_ms,
)
from voice.errors import LocalProtocolError


def link_after(*events: LinkEvent, now_ms: int = 0) -> Link:
    link = Link()
    for event in events:
        link.move(event, now_ms)
    return link


UP = (LinkEvent.DIAL, LinkEvent.OPENED, LinkEvent.GREETED, LinkEvent.CONFIGURED)


def test_a_link_is_ready_only_after_greeting_and_configuration() -> None:
    states = [link_after(*UP[:count]).state for count in range(len(UP) + 1)]
    assert states == [
        LinkState.OFFLINE,
        LinkState.CONNECTING,
        LinkState.OPEN,
        LinkState.CONFIGURING,
        LinkState.READY,
    ]


def test_an_open_socket_waits_for_the_greeting_only_so_long() -> None:
    link = link_after(LinkEvent.DIAL, LinkEvent.OPENED, now_ms=1_000)
    assert not link.is_late(1_000 + GREETING_DEADLINE_MS - 1)
    assert link.is_late(1_000 + GREETING_DEADLINE_MS)


def test_a_greeted_link_waits_for_the_configuration_only_so_long() -> None:
    link = link_after(LinkEvent.DIAL, LinkEvent.GREETED, now_ms=500)
    assert link.deadline_ms == 500 + CONFIGURED_DEADLINE_MS


def test_a_ready_link_has_no_deadline() -> None:
    assert link_after(*UP).deadline_ms is None


def test_a_lost_link_is_offline_and_may_be_dialled_again() -> None:
    link = link_after(*UP, LinkEvent.LOST)
    assert link.state is LinkState.OFFLINE
    assert link.may(LinkEvent.DIAL)


def test_hanging_up_waits_for_the_socket_and_then_is_closed() -> None:
    link = link_after(*UP, LinkEvent.HANG_UP)
    assert link.is_over
    assert link.deadline_ms is not None
    link.move(LinkEvent.LOST, 0)
    assert link.state is LinkState.CLOSED


def test_a_closed_link_can_do_nothing() -> None:
    assert [event for state, event in TRANSITIONS if state is LinkState.CLOSED] == []


def test_an_illegal_step_is_our_bug_and_names_both_sides() -> None:
    with pytest.raises(LocalProtocolError, match=r"'we dial' is illegal while ready"):
        link_after(*UP, LinkEvent.DIAL)


def test_back_off_grows_to_four_seconds_with_full_jitter() -> None:
    waits = [back_off_ms(attempt, 0.999_999) for attempt in range(7)]
    assert waits == [0, 499, 999, 1_999, 3_999, 3_999, 3_999]
    assert back_off_ms(6, 0.0) == 0
    assert back_off_ms(6, 0.5) == BACK_OFF_MS[-1] // 2
