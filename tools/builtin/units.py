"""Units of measure by any of their names, and conversion between them."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from fractions import Fraction

from tools.spoken.numbers import read_number, words_of

# dimension | singular | plural | size in the dimension's first unit | other names
# A size may be a sum of products; temperatures are `scale offset` from kelvin.
_TABLE = """
length | meter | meters | 1 | m
length | kilometer | kilometers | 1000 | km kms k klick klicks
length | decimeter | decimeters | 1/10 | dm
length | centimeter | centimeters | 1/100 | cm
length | millimeter | millimeters | 1/1000 | mm
length | micrometer | micrometers | 1/1000000 | um micron microns
length | nanometer | nanometers | 1/1000000000 | nm
length | mile | miles | 1609.344 | mi
length | yard | yards | 0.9144 | yd yds
length | foot | feet | 0.3048 | ft
length | inch | inches | 0.0254 | in ins
length | nautical mile | nautical miles | 1852 | nmi
length | light year | light years | 9460730472580800 | ly lightyear lightyears
weight | gram | grams | 1 | g gr gramme grammes gramm
weight | kilogram | kilograms | 1000 | kg kgs kilo kilos kilogramme kilogrammes
weight | milligram | milligrams | 1/1000 | mg
weight | microgram | micrograms | 1/1000000 | mcg ug
weight | metric ton | metric tons | 1000000 | t tonne tonnes
weight | ton | tons | 907184.74 | short_ton short_tons us_ton us_tons
weight | long ton | long tons | 1016046.9088 | imperial_ton imperial_tons
weight | pound | pounds | 453.59237 | lb lbs
weight | ounce | ounces | 28.349523125 | oz ozs
weight | stone | stone | 6350.29318 | st stones
weight | carat | carats | 0.2 | ct
volume | liter | liters | 1 | l litre litres
volume | deciliter | deciliters | 1/10 | dl decilitre decilitres
volume | centiliter | centiliters | 1/100 | cl centilitre centilitres
volume | milliliter | milliliters | 1/1000 | ml millilitre millilitres cc
volume | cubic meter | cubic meters | 1000 | m3
volume | cubic centimeter | cubic centimeters | 1/1000 | cm3
volume | cubic foot | cubic feet | 28.316846592 | ft3
volume | cubic inch | cubic inches | 0.016387064 | in3
volume | gallon | gallons | 3.785411784 | gal gals us_gallon us_gallons
volume | imperial gallon | imperial gallons | 4.54609 | uk_gallon uk_gallons
volume | quart | quarts | 0.946352946 | qt qts
volume | pint | pints | 0.473176473 | pt pts us_pint us_pints
volume | imperial pint | imperial pints | 0.56826125 | uk_pint uk_pints
volume | cup | cups | 0.2365882365 | us_cup us_cups
volume | fluid ounce | fluid ounces | 0.0295735295625 | floz fl_oz
volume | tablespoon | tablespoons | 0.01478676478125 | tbsp tbs
volume | teaspoon | teaspoons | 0.00492892159375 | tsp
volume | barrel | barrels | 158.987294928 | bbl
temperature | kelvin | kelvin | 1 0 | k kelvins
temperature | degree Celsius | degrees Celsius | 1 273.15 | c celsius centigrade
temperature | degree Fahrenheit | degrees Fahrenheit | 5/9 459.67*5/9 | f fahrenheit farenheit
speed | meter per second | meters per second | 1 | m/s mps/second/second
speed | kilometer per hour | kilometers per hour | 1/3.6 | km/h kph kmh kmph
speed | mile per hour | miles per hour | 0.44704 | mph mi/h
speed | foot per second | feet per second | 0.3048 | ft/s fps
speed | knot | knots | 1852/3600 | kn kt kts
speed | speed of light | times the speed of light | 299792458 |
area | square meter | square meters | 1 | m2 sqm square_m
area | square kilometer | square kilometers | 1000000 | km2 square_km
area | square centimeter | square centimeters | 1/10000 | cm2 square_cm
area | square foot | square feet | 0.09290304 | ft2 sqft square_ft
area | square inch | square inches | 0.00064516 | in2
area | square yard | square yards | 0.83612736 | yd2
area | square mile | square miles | 2589988.110336 | mi2
area | acre | acres | 4046.8564224 | ac
area | hectare | hectares | 10000 | ha
time | second | seconds | 1 | s sec secs
time | millisecond | milliseconds | 1/1000 | ms
time | minute | minutes | 60 | min mins
time | hour | hours | 3600 | h hr hrs
time | day | days | 86400 | d
time | week | weeks | 604800 | wk wks
time | fortnight | fortnights | 1209600 |
time | month | months | 31556952/12 | mo
time | year | years | 31556952 | yr yrs
time | decade | decades | 315569520 |
time | century | centuries | 3155695200 |
data | byte | bytes | 1 | b
data | bit | bits | 1/8 |
data | kilobyte | kilobytes | 1000 | kb
data | megabyte | megabytes | 1000000 | mb meg megs
data | gigabyte | gigabytes | 1000000000 | gb gig gigs
data | terabyte | terabytes | 1000000000000 | tb
data | petabyte | petabytes | 1000000000000000 | pb
data | kilobit | kilobits | 125 | kbit
data | megabit | megabits | 125000 | mbit
data | gigabit | gigabits | 125000000 | gbit
data | kibibyte | kibibytes | 1024 | kib
data | mebibyte | mebibytes | 1048576 | mib
data | gibibyte | gibibytes | 1073741824 | gib
data | tebibyte | tebibytes | 1099511627776 | tib
energy | joule | joules | 1 | j
energy | kilojoule | kilojoules | 1000 | kj
energy | small calorie | small calories | 4.184 | cal
energy | calorie | calories | 4184 | kcal kilocalorie kilocalories
energy | watt hour | watt hours | 3600 | wh
energy | kilowatt hour | kilowatt hours | 3600000 | kwh
power | watt | watts | 1 | w
power | kilowatt | kilowatts | 1000 | kw
power | horsepower | horsepower | 745.69987158227 | hp
pressure | pascal | pascals | 1 | pa
pressure | hectopascal | hectopascals | 100 | hpa millibar millibars
pressure | kilopascal | kilopascals | 1000 | kpa
pressure | bar | bars | 100000 |
pressure | pound per square inch | pounds per square inch | 6894.757293168 | psi
pressure | atmosphere | atmospheres | 101325 | atm
angle | degree | degrees | 1 | deg
angle | radian | radians | 57.29577951308232 | rad
"""

_SIMILAR_PERCENT = 84
_CURRENCIES = frozenset(
    "dollar dollars euro euros yen franc francs yuan rupee rupees peso pesos usd eur gbp".split()
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: ``value * scale + offset`` gives the value in its dimension's base unit."""

    dimension: str
    singular: str
    plural: str
    scale: Fraction
    offset: Fraction

    def name(self, *, is_one: bool) -> str:
        """Return the name that goes with a value of one, or of anything else."""
        return self.singular if is_one else self.plural


class UnknownUnit(Exception):
    """Nothing is called that; the text is a sentence for the person."""


def convert(value: Fraction, from_unit: Unit, to_unit: Unit) -> Fraction:
    """Convert between units of one dimension, exactly."""
    base = value * from_unit.scale + from_unit.offset
    return (base - to_unit.offset) / to_unit.scale


def find_pair(from_name: str, to_name: str) -> tuple[Unit, Unit]:
    """Find two units that convert into each other.

    A name of several meanings (ounces, degrees, k) means what fits the other one. Raises
    UnknownUnit for an unknown name, a currency, or two that do not fit together.
    """
    choices = [(a, b) for a in _candidates(from_name) for b in _candidates(to_name)]
    fitting = [(a, b) for a, b in choices if a.dimension == b.dimension]
    for first, second in fitting:
        if first != second or len(fitting) == 1:
            return first, second
    first, second = choices[0]
    raise UnknownUnit(f"I can't turn {first.plural} into {second.plural}.")


def read_compound(text: str) -> tuple[str, Fraction, str] | None:
    """Read what follows the first number of "6 feet 2 inches".

    For ``feet 2 inches`` it returns the unit, what is added to it, and how that is said: ``("feet",
    1/6, "2 inches")``. None where there is no second part.
    """
    words = [word for word in words_of(text) if word != "and"]
    for index in range(1, len(words)):
        read = read_number(words, index)
        if read is None:
            continue
        rest = " ".join(words[read[1] :])
        first = " ".join(words[:index])
        try:
            big, small = find_pair(first, rest or "inches")
        except UnknownUnit:
            return None
        added = convert(Fraction(str(read[0])), small, big)
        return first, added, f"{read[0]} {small.name(is_one=read[0] == 1)}"
    return None


def _candidates(name: str) -> list[Unit]:
    """Return the units of a name, the likeliest first; never empty."""
    key = _key(name)
    if set(key.split()) & _CURRENCIES:
        raise UnknownUnit("I can't convert money: the rates change every day.")
    book = _book()
    if key in book:
        return book[key]
    if key and len(key) > 3:
        from rapidfuzz import fuzz, process

        match = process.extractOne(
            key, book.keys(), scorer=fuzz.ratio, score_cutoff=_SIMILAR_PERCENT
        )
        if match is not None:
            return book[match[0]]
    shown = " ".join(name.split())[:40]
    raise UnknownUnit(f"I don't know a unit called {shown}." if shown else "Which units?")


def _key(name: str) -> str:
    """Fold a name: "Kilometres an hour" and "km/h" become "kilometres/hour" and "km/h"."""
    text = name.lower().replace("\u00b0", " ").replace("\u00b2", "2").replace("\u00b3", "3")
    text = re.sub(r"[.,?!]", " ", text)
    text = re.sub(r"metre(s?)\b", r"meter\1", text)
    text = re.sub(r"\b(?:sq|squared)\b", "square", text)
    text = re.sub(r"\s*(?:\bper\b|/)\s*", "/", text)
    text = re.sub(r"(?<=[a-z])\s+an?\s+(?=(?:hour|second)\b)", "/", text)
    words = [word for word in text.split() if word not in ("the", "of", "a", "an", "us")]
    if len(words) > 1 and words[0] in ("degree", "degrees", "deg"):
        words.pop(0)
    return " ".join(words)


@functools.cache
def _book() -> dict[str, list[Unit]]:
    book: dict[str, list[Unit]] = {}
    for line in _TABLE.strip().splitlines():
        dimension, singular, plural, size, others = (part.strip() for part in line.split("|"))
        scale, _, offset = size.partition(" ")
        unit = Unit(dimension, singular, plural, _fraction(scale), _fraction(offset or "0"))
        names = [singular, plural, *(other.replace("_", " ") for other in others.split())]
        for name in dict.fromkeys(map(_key, names)):
            book.setdefault(name, []).append(unit)
    for name in ("ounce", "ounces", "oz"):
        book[name] += book["fluid ounce"]
    for name in ("degree", "degrees"):
        book[name] = [*book["celsius"], *book["fahrenheit"], *book[name]]
    return book


def _fraction(text: str) -> Fraction:
    """Read "1/3.6" or "459.67*5/9" exactly."""
    product = Fraction(1)
    for sign, factor in re.findall(r"(^|[*/])([\d.]+)", text):
        product = product / Fraction(factor) if sign == "/" else product * Fraction(factor)
    return product
