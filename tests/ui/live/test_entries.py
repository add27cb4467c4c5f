import pytest

from voice.ui.live.entries import MAX_TEXT, clean, parts_of, pictures_in


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("saved to /home/a/b.png", ["/home/a/b.png"]),
        ('{"path": "out/pic.JPG", "n": 1}', ["out/pic.JPG"]),
        ("C:\\pics\\a.webp and https://x.org/b.gif", ["C:\\pics\\a.webp", "https://x.org/b.gif"]),
        ("twice a.png a.png", ["a.png"]),
        ("no picture here, only png", []),
    ],
)
def test_pictures_are_found_in_results(output: str, expected: list[str]) -> None:
    assert pictures_in(output) == expected


def test_long_text_shows_its_end() -> None:
    shown = clean("a" * MAX_TEXT + " the end")
    assert shown.startswith("… ") and shown.endswith(" the end")
    assert len(shown) == MAX_TEXT + 2


def test_text_is_one_line_that_drives_no_terminal() -> None:
    assert clean("a\nb\x1b]0;x\x07  c") == "a b ]0;x c"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('{"spoken": "It is noon.", "time": "12:00", "n": 1}', ("It is noon.", "time=12:00 · n=1")),
        ('{"spoken": "It is noon."}', ("It is noon.", "")),
        ('{"time": "12:00"}', ('{"time": "12:00"}', "")),
        ("{no json", ("{no json", "")),
        ("plain words", ("plain words", "")),
    ],
)
def test_what_is_to_be_said_comes_first(output: str, expected: tuple[str, str]) -> None:
    assert parts_of(output) == expected
