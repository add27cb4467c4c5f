import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.engines.chat_thoughts import ChatThoughts


def spoken(text: str, size: int) -> str:
    thoughts = ChatThoughts()
    parts = [thoughts.read(text[at : at + size]) for at in range(0, len(text), size)]
    return "".join([*parts, thoughts.rest()])


@pytest.mark.parametrize("size", [1, 3, 7, 100])
@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("<think>The user says hi.</think>\n\nHello.", "Hello."),
        ("\n<think>\n\n</think>\n\nHello.", "Hello."),
        ("<think>a</think><think>b</think>Hello.", "Hello."),
        ("Hello.", "Hello."),
        ("<th", "<th"),
        ("<b>Hello</b>", "<b>Hello</b>"),
        ("The tag <think> begins a thought.", "The tag <think> begins a thought."),
        ("<think>never at an end", ""),
        ("The user says hi.</think>\n\nHello.", "The user says hi.\n\nHello."),
        ("</think>Hello.", "Hello."),
        ("It ends in </thi", "It ends in </thi"),
        ("<think>a</think>The tag </think> ends it.", "The tag </think> ends it."),
        ("", ""),
    ],
)
def test_thoughts_at_the_beginning_are_not_spoken(text: str, heard: str, size: int) -> None:
    assert spoken(text, size) == heard


@given(st.text(), st.integers(1, 9))
def test_an_answer_without_thoughts_is_spoken_whole(text: str, size: int) -> None:
    if not text.lstrip().startswith("<think>") and "</think>" not in text:
        assert spoken(text, size) == text


def test_long_thoughts_are_not_kept() -> None:
    thoughts = ChatThoughts()
    thoughts.read("<think>")
    for _ in range(1_000):
        assert thoughts.read("thinking " * 100) == ""
    assert len(thoughts._held) < 1_000
    assert thoughts.read("</think>Yes.") == "Yes."
