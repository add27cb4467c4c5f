"""Choosing a sound device by default, number or name, and saying what is missing."""

from __future__ import annotations

import pytest

from voice.audio.device_choice import DeviceDescription, choose_device
from voice.errors import DeviceError

CARD = DeviceDescription(0, "HDA Intel: ALC256 Analog", "ALSA", 2, 2, 44_100)
SCREEN = DeviceDescription(1, "HDMI 0", "ALSA", 0, 8, 48_000)
HEADSET = DeviceDescription(
    4, "USB Headset", "ALSA", 1, 2, 48_000, is_default_input=True, is_default_output=True
)
DEVICES = [CARD, SCREEN, HEADSET]


def test_the_default_is_taken_where_nothing_is_asked_for() -> None:
    assert choose_device(DEVICES, None, "input") is HEADSET
    assert choose_device(DEVICES, None, "output") is HEADSET


def test_the_first_usable_one_is_taken_where_there_is_no_default() -> None:
    assert choose_device([SCREEN, CARD], None, "input") is CARD


def test_a_number_means_that_device() -> None:
    assert choose_device(DEVICES, 1, "output") is SCREEN


def test_a_part_of_the_name_in_any_case_means_the_device() -> None:
    assert choose_device(DEVICES, "hdmi", "output") is SCREEN


def test_the_whole_name_wins_over_a_part_of_another() -> None:
    longer = DeviceDescription(2, "HDMI 0 (copy)", "ALSA", 0, 2, 48_000)

    assert choose_device([longer, SCREEN], "HDMI 0", "output") is SCREEN


def test_a_device_of_the_other_direction_does_not_count() -> None:
    with pytest.raises(DeviceError, match="no microphone is called 1; audio.input can be: 0"):
        choose_device(DEVICES, 1, "input")


def test_a_mistyped_name_gets_the_nearest_one_and_the_list() -> None:
    with pytest.raises(DeviceError) as caught:
        choose_device(DEVICES, "USB Hedset", "input")

    said = str(caught.value)
    assert "did you mean 'USB Headset'?" in said
    assert "0 'HDA Intel: ALC256 Analog', 4 'USB Headset'" in said


@pytest.mark.parametrize(("kind", "thing"), [("input", "microphone"), ("output", "speaker")])
def test_without_any_device_the_missing_thing_and_the_mend_are_named(kind: str, thing: str) -> None:
    with pytest.raises(DeviceError) as caught:
        choose_device([], None, kind)  # type: ignore[arg-type]

    assert str(caught.value).startswith(f"no {thing} was found: plug one in")
    assert "\n" not in str(caught.value)
