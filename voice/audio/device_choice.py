"""Which of the machine's sound devices is meant, and what to say when there is none."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from voice.errors import DeviceError

DeviceName: TypeAlias = int | str | None
"""A device's number, a part of its name, or None for the system's default."""

Kind: TypeAlias = Literal["input", "output"]

_NAMES = {"input": "microphone", "output": "speaker"}


@dataclass(frozen=True, slots=True)
class DeviceDescription:
    """One device as the driver lists it; ``index`` is its number in the settings."""

    index: int
    name: str
    host_api: str
    input_channels: int
    output_channels: int
    rate_hz: int
    is_default_input: bool = False
    is_default_output: bool = False

    def channels(self, kind: Kind) -> int:
        """Return how many channels it has in one direction."""
        return self.input_channels if kind == "input" else self.output_channels

    def is_default(self, kind: Kind) -> bool:
        """Return whether it is the system's default in one direction."""
        return self.is_default_input if kind == "input" else self.is_default_output


def choose_device(
    devices: Sequence[DeviceDescription], wanted: DeviceName, kind: Kind
) -> DeviceDescription:
    """Return the device that is meant.

    None is the default, or the first one where the system names no default. A name is first
    compared whole, then as a part, letter case apart. Raises DeviceError that says what is missing
    and what to do.
    """
    usable = [device for device in devices if device.channels(kind) > 0]
    if not usable:
        raise DeviceError(_none_found(kind, wanted))
    if wanted is None:
        return next((device for device in usable if device.is_default(kind)), usable[0])
    if isinstance(wanted, int):
        found = [device for device in usable if device.index == wanted]
    else:
        name = wanted.casefold()
        found = [device for device in usable if device.name.casefold() == name] or [
            device for device in usable if name in device.name.casefold()
        ]
    if not found:
        raise DeviceError(_no_such_device(usable, wanted, kind))
    return found[0]


def _none_found(kind: Kind, wanted: DeviceName) -> str:
    thing = _NAMES[kind]
    asked = "" if wanted is None else f" (audio.{kind} asks for {wanted!r})"
    return (
        f"no {thing} was found{asked}: plug one in, or if it is plugged in, check that this user "
        f"may use it (on Linux: member of the group 'audio') and that the system's sound settings "
        f"show it; without a sound card, 'voice ask FILE' takes audio files"
    )


def _no_such_device(usable: Sequence[DeviceDescription], wanted: int | str, kind: Kind) -> str:
    listed = ", ".join(f"{device.index} {device.name!r}" for device in usable)
    close = difflib.get_close_matches(str(wanted), [device.name for device in usable], n=1)
    advice = f"; did you mean {close[0]!r}?" if close else ""
    return f"no {_NAMES[kind]} is called {wanted!r}{advice}; audio.{kind} can be: {listed}"
