"""Which words were heard: by the marks between audio, and never faster than people speak."""

from hypothesis import given
from hypothesis import strategies as st

from voice.core.heard_text import MS_PER_CHARACTER, Script


def script(*marks: tuple[int, str]) -> Script:
    made = Script()
    for received_ms, text in marks:
        made.add(received_ms, text)
    return made


def test_nothing_heard_is_no_text() -> None:
    assert script((0, "Hello there")).heard(0, 1_000, is_complete=True) == ""


def test_everything_heard_of_a_finished_part_is_the_whole_text() -> None:
    assert script((0, "Hello there. ")).heard(900, 900, is_complete=True) == "Hello there. "


def test_words_between_two_marks_are_spread_evenly_and_cut_at_a_word() -> None:
    spoken = script((0, "one two three four five six"), (2_700, " seven"))
    assert spoken.heard(1_400, 4_000, is_complete=True) == "one two three"


def test_a_mark_that_was_passed_counts_wholly() -> None:
    spoken = script((0, "It is noon."), (1_500, " Anything else?"))
    assert spoken.heard(1_500, 3_000, is_complete=True) == "It is noon."


def test_the_end_of_unfinished_speech_is_not_taken_for_granted() -> None:
    spoken = script((0, "a very long sentence that came long before its audio"))
    assert spoken.heard(500, 500, is_complete=False) == "a very"


def test_words_that_come_in_a_burst_are_not_heard_faster_than_speech() -> None:
    spoken = script((0, "First long sentence here."), (10, " Second one."), (20, ""))
    assert len(spoken.heard(500, 2_000, is_complete=True)) <= 500 // MS_PER_CHARACTER


def test_scripts_without_spaces_may_be_cut_after_any_character() -> None:
    assert script((0, "你好世界再见")).heard(500, 1_000, is_complete=True) == "你好世"


@given(
    st.lists(st.tuples(st.integers(0, 5_000), st.text(max_size=12)), max_size=20),
    st.integers(0, 6_000),
    st.integers(0, 6_000),
    st.booleans(),
)
def test_heard_text_is_a_prefix_and_grows_with_time(
    marks: list[tuple[int, str]], first_ms: int, second_ms: int, is_complete: bool
) -> None:
    spoken = script(*sorted(marks, key=lambda mark: mark[0]))
    early, late = sorted((first_ms, second_ms))
    heard_early = spoken.heard(early, 6_000, is_complete=is_complete)
    heard_late = spoken.heard(late, 6_000, is_complete=is_complete)
    assert spoken.text.startswith(heard_late)
    assert heard_late.startswith(heard_early)
