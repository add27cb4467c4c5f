"""When a second connection is due."""

from voice.core.standby_plan import (
    FORCE_AT,
    MAX_RENEW_AGAIN_MS,
    PROBE_MS,
    RENEW_AGAIN_MS,
    RENEW_AT,
    Purpose,
    StandbyPlan,
    life_ms,
)


def test_a_session_is_renewed_near_its_end_and_taken_over_at_the_last_moment() -> None:
    plan = StandbyPlan()
    plan.begin(1_000, 100_000)

    due_ms, force_ms = 1_000 + int(RENEW_AT * 100_000), 1_000 + int(FORCE_AT * 100_000)

    assert plan.deadline_ms == due_ms
    assert plan.due(due_ms - 1) is None
    assert plan.due(due_ms) is Purpose.RENEW
    assert not plan.must_take_over(force_ms - 1)
    assert plan.must_take_over(force_ms)


def test_a_session_without_a_limit_is_never_renewed() -> None:
    plan = StandbyPlan()
    plan.begin(0, None)

    assert plan.deadline_ms is None
    assert plan.due(10**9) is None
    assert not plan.must_take_over(10**9)


def test_tries_to_renew_come_ever_later_up_to_a_limit_and_anew_in_the_next_session() -> None:
    plan = StandbyPlan()
    plan.begin(0, 100_000)

    waits = []
    for _ in range(6):
        plan.renew_again(0)
        waits.append(plan.deadline_ms)

    assert waits == [2_000, 4_000, 8_000, 16_000, MAX_RENEW_AGAIN_MS, MAX_RENEW_AGAIN_MS]
    plan.begin(0, 100_000)
    plan.renew_again(0)
    assert plan.deadline_ms == RENEW_AGAIN_MS


def test_looks_for_a_better_endpoint_come_ever_later() -> None:
    plan = StandbyPlan()

    plan.probe(500)

    assert plan.due(500 + PROBE_MS[0]) is Purpose.RETURN
    waits = []
    for _ in range(5):
        plan.probe_again(0)
        waits.append(plan.deadline_ms)
    assert waits == [*PROBE_MS[1:], PROBE_MS[-1], PROBE_MS[-1]]


def test_a_renewal_is_more_urgent_than_a_look_back() -> None:
    plan = StandbyPlan()
    plan.begin(0, 10_000)
    plan.probe(0)

    assert plan.due(PROBE_MS[0]) is Purpose.RENEW

    plan.never_renew()
    assert plan.due(PROBE_MS[0]) is Purpose.RETURN
    plan.never_probe()
    assert plan.due(PROBE_MS[0]) is None


def test_an_endpoint_that_says_when_it_expires_is_believed() -> None:
    assert life_ms(None, 1_000_600, 1_000_000) == 600_000
    assert life_ms(300, 1_000_600, 1_000_000) == 300_000
    assert life_ms(3_600, None, 1_000_000) == 3_600_000
    # A clock that goes wrong by years, or an expiry that has passed, says nothing.
    assert life_ms(None, 999_000, 1_000_000) is None
    assert life_ms(None, 9_000_000, 1_000_000) is None
    assert life_ms(None, 1_000_600, 0) is None
