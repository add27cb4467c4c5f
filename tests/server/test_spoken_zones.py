"""Time zones are said as places."""

import pytest

from voice.server.spoken_form import spoken_words


def said(text):
    words = [f" {word}" for word in text.split()]
    return " ".join(word for word in spoken_words(words, line_start=True, ends_line=False) if word)


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("Timezone is Asia/Tokyo, and it rains.", "Timezone is Tokyo, and it rains."),
        ("in **America/New_York** now", "in New York now"),
        ("(America/Argentina/Buenos_Aires)", "(Buenos Aires)"),
        ("America/Port-au-Prince.", "Port-au-Prince."),
        ("Etc/UTC", "UTC"),
    ],
)
def test_a_zone_is_said_as_its_place(text, sound):
    assert said(text) == sound


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("Europe/Africa trade", "Europe Africa trade"),
        ("Indian/Chinese food", "Indian Chinese food"),
        ("America/Argentina", "America Argentina"),
        ("either/or", "either or"),
        ("https://zones.example/Asia/Tokyo", "link"),
    ],
)
def test_what_is_no_zone_is_said_as_before(text, sound):
    assert said(text) == sound


def test_the_words_keep_their_places():
    words = ["It", " is", " noon", " in", " America/New_York", " today"]
    spoken = spoken_words(words, line_start=True, ends_line=False)
    assert spoken == ["It", "is", "noon", "in", "New York", "today"]
