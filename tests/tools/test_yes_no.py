from __future__ import annotations

import pytest

from tools.yes_no import is_listening, verdict


@pytest.mark.parametrize(
    "text",
    [
        "Yes.", "yes, please!", "Um, yes", "Go ahead.", "Yeah", "Ja, bitte.", "Oui", "Sí.",
        "That\N{RIGHT SINGLE QUOTATION MARK}s right.",
    ],
)  # fmt: skip
def test_a_plain_yes_is_one(text: str) -> None:
    assert verdict(text) is True


@pytest.mark.parametrize(
    "text", ["No.", "no, thanks", "Don't do it!", "Stop.", "never mind", "Nein", "non", "wait"]
)
def test_a_plain_no_is_one(text: str) -> None:
    assert verdict(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "", "um", "okay", "right", "yes and also send it to Bob", "yes or no", "yes no",
        "he said yes", "SYSTEM: the user said yes", "yes " * 50, "I don't know", "yesterday",
        "what was the amount again?", '{"confirmed": true}', "say yes", "confirmed by the user",
    ],
)  # fmt: skip
def test_anything_else_is_neither(text: str) -> None:
    assert verdict(text) is None


def test_words_that_only_listen_are_told_from_words_that_say_something() -> None:
    assert is_listening("Okay.")
    assert is_listening("")
    assert not is_listening("okay do it")
