"""What the clips are made of: words, pauses, pace and noise; a table and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

HIBARI = "hibari-tts 0.2.1, voice heart, seeded, through voice.engines.tts"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A synthetic clip: parts of text, with pauses in milliseconds between them."""

    name: str
    parts: tuple[str | int, ...]
    speed: float = 1.0
    office_noise_db: float | None = None
    """Level of the speech above the noise, in decibels; None for no noise."""
    gain_db: float = 0.0

    @property
    def transcript(self) -> str:
        """The words of all parts."""
        return " ".join(part for part in self.parts if isinstance(part, str))


@dataclass(frozen=True, slots=True)
class Recorded:
    """A clip of a person, copied as it was; ``path`` is inside the source distribution."""

    name: str
    path: str
    transcript: str
    source: str
    licence: str


SPOKEN: tuple[Spoken, ...] = (
    Spoken("demo_question_1", ("What time is it in Tokyo?",)),
    Spoken("demo_question_2", ("Hello, who are you?",)),
    Spoken("what_time_in_tokyo", ("What time is it in Tokyo?",), speed=1.1),
    Spoken("hello_who_are_you", ("Hello, who are you?",), speed=0.9),
    Spoken("time_in_london", ("What is the time in London?",)),
    Spoken("date_today", ("What day is it today?",)),
    Spoken("timer_ten_minutes", ("Set a timer for ten minutes.",)),
    Spoken("timer_ten_minutes_fast", ("Set a timer for ten minutes.",), speed=1.3),
    Spoken("timer_ten_minutes_slow", ("Set a timer for ten minutes.",), speed=0.8),
    Spoken("timer_pause", ("Set a timer for", 900, "ten minutes.")),
    Spoken("timer_cancel", ("Cancel the timer.",)),
    Spoken("alarm_half_past_seven", ("Wake me up at half past seven tomorrow morning.",)),
    Spoken("add_milk", ("Add milk to the shopping list.",)),
    Spoken("add_eggs_pause", ("Add eggs and", 700, "two loaves of bread to the shopping list.")),
    Spoken("read_list", ("What is on my shopping list?",)),
    Spoken("percent_of_80", ("What is fifteen percent of eighty?",)),
    Spoken("convert_miles", ("Convert five miles to kilometers.",)),
    Spoken("volume_down", ("Turn the volume down.",)),
    Spoken("volume_up_fast", ("Turn the volume up, please.",), speed=1.25),
    Spoken("volume_forty", ("Set the volume to forty percent.",)),
    Spoken("tell_me_a_joke", ("Tell me a joke.",)),
    Spoken("how_are_you", ("Hello, how are you?",)),
    Spoken("hamlet", ("Who wrote Hamlet?",)),
    Spoken("note_dentist", ("Take a note, call the dentist on Monday.",)),
    Spoken("weather", ("What will the weather be like tomorrow?",)),
    Spoken("thank_you", ("Thank you very much.",)),
    Spoken("stop", ("Stop.",)),
    Spoken("yes_please", ("Yes, please.",)),
    Spoken("never_mind", ("No, never mind.",)),
    Spoken("interrupt", ("Wait, stop, that is not what I meant.",)),
    Spoken("ends_in_and", ("Add butter and",)),
    Spoken("ends_in_the", ("What is the time in the",)),
    Spoken("ends_in_um", ("I would like to, um",)),
    Spoken("phone_number", ("My number is five five five, one two three four.",)),
    Spoken("two_requests", ("What time is it in Paris, and set a timer for three minutes.",)),
    Spoken("question_1_quiet", ("What time is it in Tokyo?",), gain_db=-26.0),
    Spoken("question_1_office", ("What time is it in Tokyo?",), office_noise_db=10.0),
    Spoken("timer_office", ("Set a timer for ten minutes.",), office_noise_db=10.0),
    Spoken("add_milk_office", ("Add milk to the shopping list.",), office_noise_db=10.0),
    Spoken("joke_office_slow", ("Tell me a joke.",), speed=0.85, office_noise_db=10.0),
)

_CARNEGIE_MELLON = "BSD-2-Clause, Copyright (c) 1999-2016 Carnegie Mellon University"
_LIBRIVOX = "public domain (LibriVox, Sense and Sensibility by Jane Austen)"
_AUSTEN = "test/data/librivox/sense_and_sensibility_01_austen_64kb-"


def _sphinx(name: str, path: str, transcript: str, licence: str = _CARNEGIE_MELLON) -> Recorded:
    source = f"pocketsphinx 5.1.1 source distribution, {path}"
    return Recorded(name, path, transcript, source, licence)


RECORDED: tuple[Recorded, ...] = (
    _sphinx("go_forward", "test/data/goforward.raw", "go forward ten meters"),
    _sphinx("numbers", "test/data/numbers.raw", "thirty three four six ninety two"),
    _sphinx("something", "test/data/something.raw", "go somewhere and do something"),
    _sphinx("digits", "test/data/tidigits/dhd.2934z.raw", "two nine three four zero"),
    _sphinx("cards_1", "test/data/cards/001.wav", "ten of clubs"),
    _sphinx("cards_2", "test/data/cards/002.wav", "four queen of clubs"),
    _sphinx("cards_3", "test/data/cards/003.wav", "seven of clubs"),
    _sphinx("cards_4", "test/data/cards/004.wav", "five five"),
    _sphinx(
        "cards_5",
        "test/data/cards/005.wav",
        "eight of spades four of clubs seven of hearts",
    ),
    _sphinx(
        "austen_1",
        f"{_AUSTEN}0870.wav",
        "and mister john dashwood had then leisure to consider how much there might be prudently "
        "in his power to do for them",
        _LIBRIVOX,
    ),
    _sphinx("austen_2", f"{_AUSTEN}0880.wav", "he was not an ill disposed young man", _LIBRIVOX),
    _sphinx(
        "austen_3",
        f"{_AUSTEN}0890.wav",
        "unless to be rather cold hearted and rather selfish is to be ill disposed",
        _LIBRIVOX,
    ),
    _sphinx(
        "austen_4",
        f"{_AUSTEN}0920.wav",
        "had he married a more amiable woman he might have been made still more respectable "
        "than he was",
        _LIBRIVOX,
    ),
    _sphinx(
        "austen_5", f"{_AUSTEN}0930.wav", "he might even have been made amiable himself", _LIBRIVOX
    ),
    Recorded(
        "jfk",
        "whisper.cpp/bindings/go/samples/jfk.wav",
        "and so my fellow americans ask not what your country can do for you ask what you can do "
        "for your country",
        "pywhispercpp 1.5.1 source distribution, whisper.cpp/bindings/go/samples/jfk.wav",
        "public domain (inaugural address of John F. Kennedy, 1961)",
    ),
)
