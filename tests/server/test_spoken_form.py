import pytest

from voice.server.spoken_form import spoken_words


def said(*words: str, line_start: bool = True, ends_line: bool = False) -> list[str]:
    return spoken_words(words, line_start=line_start, ends_line=ends_line)


def test_each_source_word_gets_its_own_sound():
    assert said("Take", " **two**", " e.g.", " 😀", " eggs") == [
        "Take",
        "two",
        "for example",
        "",
        "eggs",
    ]


def test_a_link_over_several_words_is_read_as_its_text():
    assert said("[see", " this](https://e.org", ' "a', ' title")', " ok") == [
        "see",
        "this",
        "",
        "",
        "ok",
    ]


def test_a_bullet_is_silent_only_where_a_line_starts():
    assert said("-", " milk") == ["", "milk"]
    assert said("a", " -", " milk", line_start=False) == ["a,", "", "milk"]
    assert said("a", "\n-", " milk") == ["a,", "", "milk"]


def test_the_voice_falls_where_a_line_ends():
    assert said("Milk", " 😀", ends_line=True) == ["Milk.", ""]
    assert said("Milk!", ends_line=True) == ["Milk!"]
    assert said("Milk,", ends_line=True) == ["Milk."]
    assert said("Milk") == ["Milk"]


def test_cells_of_a_table_row_are_parted_by_commas():
    assert said("|", " Bob", " |", " 5", " |", ends_line=True) == ["", "Bob,", "", "5.", ""]
    assert said("|Bob|5|", ends_line=True) == ["Bob, 5."]


@pytest.mark.parametrize(
    "kept", ["3.5", "1,000", "12:30", "$5.20", "50%", "-3", "20°C", "don't", "well-known", "1/2"]
)
def test_what_synthesisers_read_themselves_stays_as_written(kept):
    assert said("a", f" {kept}") == ["a", kept]


def test_words_in_other_scripts_stay():
    assert said("naïve", " Straße", " 你好", " हिन्दी") == ["naïve", "Straße", "你好", "हिन्दी"]
