"""The checks of what was heard find what they are for."""

from __future__ import annotations

import pytest

from tests.chaos.numbered import Made, Numbered, check_heard


def made(*chunks: bytes) -> Made:
    """One answer of these chunks."""
    found = Made()
    for number, chunk in enumerate(chunks):
        found.part(chunk, is_new=number == 0)
    return found


def test_the_beginning_of_an_answer_may_be_all_that_is_heard() -> None:
    numbered = Numbered()
    first, second = numbered.sound(20), numbered.sound(20)
    check_heard([first + second[:480]], made(first, second))
    check_heard([], made(first, second))


@pytest.mark.parametrize("fault", ["twice", "hole", "late", "longer", "again"])
def test_what_no_ear_should_hear_is_found(fault: str) -> None:
    numbered = Numbered()
    first, second = numbered.sound(20), numbered.sound(20)
    heard = {
        "twice": [first + first],
        "hole": [first + second[96:]],
        "late": [second],
        "longer": [first + second + numbered.sound(20)],
        "again": [first + second, first],
    }
    with pytest.raises(AssertionError):
        check_heard(heard[fault], made(first, second))
