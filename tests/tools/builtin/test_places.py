from __future__ import annotations

import time

import pytest

from tools.builtin.places import Place, Unknown, _book, find_place


def zone_of(text: str) -> str:
    found = find_place(text)
    assert isinstance(found, Place), found
    return found.zone


def test_every_place_of_the_table_has_rules() -> None:
    book = _book()

    assert len(book) > 1000
    for place in set(book.values()):
        assert place.tz.key == place.zone


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Tokyo", "Asia/Tokyo"), ("New York City", "America/New_York"), ("NYC", "America/New_York"),
        ("Washington, D.C.", "America/New_York"), ("São Paulo", "America/Sao_Paulo"),
        ("zürich", "Europe/Zurich"), ("St. Petersburg", "Europe/Moscow"),
        ("Nepal", "Asia/Kathmandu"),
        ("the Netherlands", "Europe/Amsterdam"), ("Korea", "Asia/Seoul"),
        ("Burundi", "Africa/Bujumbura"),
        ("Georgia", "Asia/Tbilisi"), ("california", "America/Los_Angeles"),
        ("America/Argentina/Ushuaia", "America/Argentina/Ushuaia"),
        ("Pacific time", "America/Los_Angeles"), ("UTC", "UTC"), ("Europe/Berlin", "Europe/Berlin"),
        ("asia calcutta", "Asia/Calcutta"), ("US/Pacific", "US/Pacific"),
        ("tokyo right now", "Asia/Tokyo"),
        ("Perth, Australia", "Australia/Perth"), ("Vladivostok Russia", "Asia/Vladivostok"),
        ("Paris, Texas", "America/Chicago"), ("London, Canada", "America/Toronto"),
        ("Springfield Illinois", "America/Chicago"), ("Wien", "Europe/Vienna"),
    ],
)  # fmt: skip
def test_places_are_found_by_name(text: str, zone: str) -> None:
    assert zone_of(text) == zone


@pytest.mark.parametrize(
    ("heard", "zone"),
    [
        ("tokio", "Asia/Tokyo"), ("sidney", "Australia/Sydney"), ("new deli", "Asia/Kolkata"),
        ("san fransisco", "America/Los_Angeles"), ("bang cock", "Asia/Bangkok"),
        ("tel a viv", "Asia/Jerusalem"),
        ("rekyavik", "Atlantic/Reykjavik"), ("ottowa", "America/Toronto"),
        ("las vagus", "America/Los_Angeles"),
        ("hong cong", "Asia/Hong_Kong"), ("johanesburg", "Africa/Johannesburg"),
        ("switserland", "Europe/Zurich"),
        ("brussles", "Europe/Brussels"), ("kairo", "Africa/Cairo"), ("bogata", "America/Bogota"),
    ],
)  # fmt: skip
def test_misheard_names_are_understood(heard: str, zone: str) -> None:
    assert zone_of(heard) == zone


@pytest.mark.parametrize(
    "text", ["narnia", "mordor", "atlantis", "gotham", "banana", "my house", "kitchen", "x", "",
             "mars", "jupiter", "tomorrow", "x" * 10_000, "/", "..", "!!!"]
)  # fmt: skip
def test_what_is_no_place_is_unknown(text: str) -> None:
    assert isinstance(find_place(text), Unknown)


def test_a_near_name_is_suggested() -> None:
    assert find_place("atlantis") == Unknown("Atlanta")
    assert find_place("mordor") == Unknown(None)


def test_a_country_of_several_zones_names_its_capital() -> None:
    found = find_place("the USA")

    assert isinstance(found, Place)
    assert (found.name, found.capital) == ("the United States", "Washington")


def test_looking_up_a_name_is_quick() -> None:
    find_place("warm up")
    begin = time.perf_counter()

    find_place("constantinopolis")

    assert time.perf_counter() - begin < 0.25
