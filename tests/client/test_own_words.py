import pytest

from voice.client.own_words import is_fragment, sounds_like, spoken_words

SAID = "The weather in London tomorrow will be cloudy, with a high of twelve degrees and some rain"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Mm-hm!", ["mmhm"]),
        ("Uh huh, I\N{RIGHT SINGLE QUOTATION MARK}m here.", ["uhhuh", "i'm", "here"]),
        (" ... ", []),
    ],
)
def test_words_are_plain(text, words):
    assert spoken_words(text) == words


@pytest.mark.parametrize(
    "text", ["weather in London", "whether in Londen", "cloudy", "Twelve degrees.", "Londen", "of"]
)
def test_a_fragment_is_known_though_it_is_misheard(text):
    assert is_fragment(spoken_words(text), SAID)


@pytest.mark.parametrize("text", ["what about Paris", "stop", "louder please", "Tokyo"])
def test_other_words_are_no_fragment(text):
    assert not is_fragment(spoken_words(text), SAID)


def test_nothing_was_said_so_nothing_is_a_fragment():
    assert not is_fragment(["yes"], "")
    assert not is_fragment(["yes", "indeed", "so"], "No.")


def test_what_was_said_long_ago_does_not_sound_any_more():
    assert not is_fragment(["weather"], SAID + " and so on" * 50)


@pytest.mark.parametrize("text", ["They're in.", "Into my.", "Undende.", "And into my.", "Degrees"])
def test_scraps_that_were_read_as_other_words_sound_like_ours(text):
    assert sounds_like(spoken_words(text), SAID)


@pytest.mark.parametrize("text", ["Stop.", "Next.", "Louder.", "Tell me a joke.", "Hi.", "Ten."])
def test_short_or_other_sounds_do_not(text):
    assert not sounds_like(spoken_words(text), SAID)
