"""Words that mean something else together than one by one."""

from __future__ import annotations

import pytest

from voice.engines.offline_brain.phrases import join_phrases
from voice.engines.offline_brain.templates import expand
from voice.engines.offline_brain.tokens import original, tokenize, words_of


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Look up the cup final", "search the cup final"),
        ("How is it coming along?", "how is it going"),
        ("I don't need it any longer", "i do not need it any more"),
        ("What am I supposed to buy?", "what do i have to buy"),
        ("Don't bother with the job", "cancel the job"),
    ],
)
def test_phrases_become_the_plain_words_they_mean(said, meant):
    assert " ".join(words_of(join_phrases(tokenize(said)))) == meant


def test_the_longest_phrase_wins():
    said = tokenize("as loud as you can go")

    assert words_of(join_phrases(said)) == ["volume", "maximum"]


def test_joined_words_still_cover_what_was_said():
    text = "Please throw away the list"
    tokens = join_phrases(tokenize(text))

    assert original(text, tokens[1:2]) == "throw away"


def test_examples_are_joined_like_what_is_said():
    assert expand("look up the news") == expand("search the news")
