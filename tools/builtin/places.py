"""Places by name: cities, countries, states and zones, also misheard ones, and their time zone."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

SURE_PERCENT = 82.0
"""Similarity from which a name is taken for a misheard one: "tokio" is Tokyo, "atlantis" is not."""

_SUGGEST_PERCENT = 68.0
_SAME_CONSONANTS_PERCENT = 8.0
_SOUNDS = (
    ("ph", "f"), ("ck", "k"), ("sch", "sh"), ("ce", "se"), ("ci", "si"), ("cy", "sy"), ("c", "k"),
    ("q", "k"), ("x", "ks"), ("z", "s"), ("y", "i"), ("gh", "g"), ("th", "t"), ("ou", "u"),
)  # fmt: skip
_FILLERS = re.compile(
    r"^(?:the time )?(?:in |at |for )?(?:the )?(?:city of |state of )?|"
    r"(?: right now| now| time zone| timezone| please)$"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A named place or time and its zone key.

    ``capital`` is set for a country of several zones: ``zone`` is the capital's. ``is_time`` marks
    names such as "Pacific Time", which no one is *in*.
    """

    name: str
    zone: str
    capital: str | None = None
    is_time: bool = False

    @property
    def tz(self) -> ZoneInfo:
        """The zone's rules."""
        return ZoneInfo(self.zone)


@dataclass(frozen=True, slots=True)
class Unknown:
    """No place is called that; ``suggestion`` is the most similar name, if any is near."""

    suggestion: str | None


def find_place(text: str) -> Place | Unknown:
    """Find the place that a person means.

    Exact names first, then zone keys ("Europe/Berlin"), then "city, country" (the country decides
    where both are known and do not fit: Paris, Texas), then the most similar name.
    """
    key = _key(text)
    book = _book()
    if key in book:
        return book[key]
    return _zone_key(text) or _in_region(key) or _similar(key)


def _key(text: str) -> str:
    """Fold case, accents and punctuation, and take off the words around a name."""
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    plain = re.sub(r"[.'\u2019]", "", plain)
    plain = re.sub(r"[^a-z0-9]+", " ", plain).strip()
    return _FILLERS.sub("", plain).strip()


@functools.cache
def _book() -> dict[str, Place]:
    """Read the table, then the tz database's own countries and cities; the first name wins."""
    book: dict[str, Place] = {}
    for spellings, place in (*_from_table(), *_from_database()):
        book.setdefault(_key(spellings), place)
    return book


def _from_table() -> Iterator[tuple[str, Place]]:
    text = resources.files("tools.builtin").joinpath("places.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("!"):
            name, zone, capital = (part.strip() for part in line[1:].split("|"))
            spelling, _, said = name.partition("=")
            yield spelling, Place(said or spelling, zone, capital=capital)
        elif line and not line.startswith("#"):
            zone, _, names = line.partition(":")
            for name in names.split(","):
                spelling, _, said = name.strip().removeprefix("~").partition("=")
                is_time = name.strip().startswith("~")
                yield spelling, Place(said or spelling, zone, is_time=is_time)


def _from_database() -> Iterator[tuple[str, Place]]:
    """Yield each country with its first zone, and each city that names a zone."""
    countries = dict(_rows("iso3166.tab"))
    zones = [(codes, zone) for codes, _, zone, *_ in _rows("zone.tab")]
    for code, zone in zones:
        name = re.sub(r"\s*\(.*\)", "", countries[code]).replace("&", "and")
        name = re.sub(r"\bSt\b", "Saint", name)
        yield name, Place(name, zone)
    for _, zone in zones:
        if zone.count("/") == 1:
            city = zone.rpartition("/")[2].replace("_", " ")
            yield city, Place(city, zone)


def _rows(file: str) -> Iterator[list[str]]:
    text = resources.files("tzdata.zoneinfo").joinpath(file).read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


@functools.cache
def _country_of() -> dict[str, str]:
    """Return the country code of each zone key."""
    return {zone: code for code, _, zone, *_ in _rows("zone.tab")}


def _zone_key(text: str) -> Place | None:
    """Read a zone key in any case, also spoken: "Asia/Calcutta", "america new york"."""
    wanted = re.sub(r"[\s/_-]+", " ", text.strip().lower())
    if " " not in wanted:
        return None
    for zone in available_timezones():
        if re.sub(r"[/_-]", " ", zone).lower() == wanted:
            return Place(zone.rpartition("/")[2].replace("_", " "), zone)
    return None


def _in_region(key: str) -> Place | None:
    """Read "city region": the city's zone where it lies in that country, else the region's.

    An unknown town of a known region gets the region's name, so that the answer shows what was
    understood.
    """
    book = _book()
    words = key.split()
    for cut in range(len(words) - 1, 0, -1):
        region = book.get(" ".join(words[cut:]))
        city_key = " ".join(words[:cut]).removesuffix(" in")
        if region is None or region.is_time:
            continue
        city = book.get(city_key)
        codes = _country_of()
        if city is not None and codes.get(city.zone) == codes.get(region.zone):
            return city
        return Place(f"{city.name}, {region.name}", region.zone) if city else region
    return None


def _similar(key: str) -> Place | Unknown:
    """Find the most similar name; short names have to be nearer, for they resemble too many."""
    if len(key) < 3 or len(key) > 60:
        return Unknown(None)
    score, best = max(
        ((_similarity(key, name), name) for name in _book()), key=lambda scored: scored[0]
    )
    place = _book()[best]
    if score >= SURE_PERCENT:
        return place
    return Unknown(place.name if score >= _SUGGEST_PERCENT else None)


def _similarity(heard: str, name: str) -> float:
    """Compare two names by letters and by sound, in percent; the same consonants weigh more."""
    from rapidfuzz import fuzz

    by_letters = fuzz.ratio(heard, name)
    if by_letters < 40:
        return by_letters
    heard_sound, name_sound = _sound(heard), _sound(name)
    score = max(by_letters, fuzz.ratio(heard_sound, name_sound))
    bones = _consonants(heard_sound)
    if len(bones) >= 3 and bones == _consonants(name_sound):
        score += _SAME_CONSONANTS_PERCENT
    return min(score, 99.0)


@functools.lru_cache(maxsize=4096)
def _sound(name: str) -> str:
    """Write a name roughly as it sounds, without spaces or double letters."""
    sound = name.replace(" ", "")
    for letters, same in _SOUNDS:
        sound = sound.replace(letters, same)
    sound = sound[:1] + sound[1:].replace("j", "i")
    return re.sub(r"(.)\1+", r"\1", sound)


def _consonants(sound: str) -> str:
    """Keep the first letter and every consonant."""
    return sound[:1] + re.sub(r"[aeiouhw]", "", sound[1:])
