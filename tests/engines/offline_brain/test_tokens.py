import pytest

from voice.engines.offline_brain.tokens import original, tokenize, words_of


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("What's the time?", "what is the time"),
        ("I don't, can't and won't.", "i do not can not and will not"),
        ("What’s 5% of 1,250?", "what is 5 percent of 1250"),
        ("3 + 4*2 - 1", "3 plus 4 times 2 minus 1"),
        ("10km at 7am", "10 km at 7 am"),
        ("7:30 p.m. please", "7:30 pm please"),
        ("twenty-five -5", "twenty five minus 5"),
        ("Tomorrow's weather", "tomorrow weather"),
        ("20°C", "20 degrees c"),
        ("São Paulo", "são paulo"),
        ("", ""),
    ],
)
def test_speech_becomes_plain_words(said, words):
    assert " ".join(words_of(tokenize(said))) == words


def test_tokens_lead_back_to_the_original():
    said = "Add São Tomé's coffee, please!"
    tokens = tokenize(said)

    assert original(said, tokens[1:4]) == "São Tomé's coffee"
    assert original(said, tokens[-1:]) == "please"
    assert original(said, ()) == ""
