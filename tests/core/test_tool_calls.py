"""Tool calls: known once, answered once, grouped by response."""

from voice.core.tool_calls import MAX_GROUPS, MAX_PER_TURN, MAX_REMEMBERED, Call, ToolCalls


def with_calls(*calls: tuple[str, str]) -> ToolCalls:
    made = ToolCalls()
    for call_id, response_id in calls:
        made.started(Call(call_id, "clock", response_id))
    return made


def test_a_call_is_known_while_it_runs_and_afterwards() -> None:
    calls = with_calls(("c1", "r1"))
    assert calls.is_known("c1")
    assert calls.is_working
    assert calls.finished("c1", "o1", speak=True) == Call("c1", "clock", "r1")
    assert calls.is_known("c1")
    assert not calls.is_working


def test_a_second_answer_is_nobodys() -> None:
    calls = with_calls(("c1", "r1"))
    calls.finished("c1", "o1", speak=True)
    assert calls.finished("c1", "o2", speak=True) is None
    assert calls.finished("c9", "o3", speak=True) is None


def test_a_group_closes_when_its_response_is_over_and_every_call_answered() -> None:
    calls = with_calls(("c1", "r1"), ("c2", "r1"))
    calls.finished("c1", "o1", speak=True)
    calls.response_over("r1")
    assert calls.take_closed() is None
    calls.finished("c2", "o2", speak=False)
    assert calls.take_closed() == ["o1", "o2"]
    assert calls.take_closed() is None


def test_a_group_that_wants_no_speech_closes_silently() -> None:
    calls = with_calls(("c1", "r1"))
    calls.finished("c1", "o1", speak=False)
    calls.response_over("r1")
    assert calls.take_closed() is None


def test_groups_do_not_wait_for_each_other() -> None:
    calls = with_calls(("c1", "r1"), ("c2", "r2"))
    calls.response_over("r1")
    calls.response_over("r2")
    calls.finished("c2", "o2", speak=True)
    assert calls.take_closed() == ["o2"]


def test_a_response_without_calls_has_no_group() -> None:
    calls = ToolCalls()
    calls.response_over("r1")
    assert calls.take_closed() is None


def test_calls_of_a_turn_are_bounded() -> None:
    calls = ToolCalls()
    for number in range(MAX_PER_TURN):
        calls.started(Call(f"c{number}", "clock", "r1"))
        calls.finished(f"c{number}", "o", speak=False)
    assert calls.is_full
    calls.turn_began()
    assert not calls.is_full


def test_memory_is_bounded_and_what_runs_is_never_forgotten() -> None:
    calls = with_calls(("c0", "r0"))
    for number in range(1, 2 * MAX_REMEMBERED):
        calls.started(Call(f"c{number}", "clock", f"r{number}"))
        calls.finished(f"c{number}", "o", speak=False)
    assert calls.is_known("c0")
    assert not calls.is_known("c1")
    assert MAX_GROUPS < MAX_REMEMBERED
