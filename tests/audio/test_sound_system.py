"""What ``pactl`` tells of the chosen devices, asked of a program of that name that is not it."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from voice.audio import sound_system
from voice.audio.sound_system import (
    SystemDefaults,
    SystemDevice,
    cards_fingerprint,
    chosen_devices,
    is_jack_fragile,
    is_routed,
    system_defaults,
)

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PulseAudio's is here")

INFO = """\
Server String: /run/user/1000/pulse/native
Library Protocol Version: 35
Server Name: PulseAudio (on PipeWire 0.3.65)
Default Sample Specification: float32le 2ch 48000Hz
Default Sink: alsa_output.usb-Jabra.analog-stereo
Default Source: alsa_input.usb-Jabra.mono-fallback
Cookie: 6a6a:1b2c
"""

SOURCES = """\
Source #54
\tState: SUSPENDED
\tName: alsa_output.usb-Jabra.analog-stereo.monitor
\tDescription: Monitor of Jabra SPEAK 510
\tSample Specification: s16le 2ch 48000Hz
Source #55
\tState: RUNNING
\tName: alsa_input.usb-Jabra.mono-fallback
\tDescription: Jabra SPEAK 510: the "round" one
\tDriver: PipeWire
\tSample Specification: s16le 1ch 16000Hz
\tChannel Map: mono
\tProperties:
\t\tdevice.description = "another line"
\t\tnode.name = "alsa_input.usb-Jabra.mono-fallback"
"""

SINKS = """\
Sink #52
\tState: IDLE
\tName: alsa_output.pci-0000_00_1f.3.hdmi
\tDescription: HDMI
\tSample Specification: s32le 2ch 44100Hz
Sink #53
\tState: RUNNING
\tName: alsa_output.usb-Jabra.analog-stereo
\tDescription: Jabra SPEAK 510
\tSample Specification: s16le 2ch 48000Hz
"""

JABRA = SystemDefaults(
    SystemDevice("alsa_input.usb-Jabra.mono-fallback", 'Jabra SPEAK 510: the "round" one', 16_000),
    SystemDevice("alsa_output.usb-Jabra.analog-stereo", "Jabra SPEAK 510", 48_000),
)


class Pactl:
    """A program on the PATH that prints what the real one prints, and nothing else is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._program = folder / "pactl"
        self.prints()

    def prints(self, info: str = INFO, sources: str = SOURCES, sinks: str = SINKS) -> None:
        """Print these, and German instead of them where English is not asked for."""
        for name, text in (("info", info), ("sources", sources), ("sinks", sinks)):
            (self._folder / name).write_text(text, encoding="utf-8")
        # Nothing but the shell itself is on the PATH, so it has to do without cat.
        show = f'while read -r line; do printf "%s\\n" "$line"; done <"{self._folder}/${{2:-$1}}"'
        self.does(f'if [ "$LC_ALL" = C ]; then {show}; else echo "Standard-Ziel: x"; fi')

    def does(self, shell: str) -> None:
        """Run these lines of shell."""
        self._program.write_text(f"#!/bin/sh\n{shell}\n", encoding="utf-8")
        self._program.chmod(self._program.stat().st_mode | stat.S_IXUSR)

    def is_missing(self) -> None:
        self._program.unlink()


@pytest.fixture
def pactl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pactl:
    monkeypatch.setenv("PATH", str(tmp_path))
    return Pactl(tmp_path)


def test_the_chosen_devices_are_told_with_their_names_for_people_and_rates(pactl: Pactl) -> None:
    assert chosen_devices() == (
        "alsa_input.usb-Jabra.mono-fallback",
        "alsa_output.usb-Jabra.analog-stereo",
    )
    assert system_defaults() == JABRA


def test_a_desktop_in_another_language_is_understood(
    pactl: Pactl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")

    assert system_defaults() == JABRA
    assert os.environ["LC_ALL"] == "de_DE.UTF-8"


def test_without_the_program_nothing_is_known(pactl: Pactl) -> None:
    pactl.is_missing()

    assert chosen_devices() is None
    assert system_defaults() is None


def test_a_sound_system_that_refuses_is_not_known(pactl: Pactl) -> None:
    pactl.does("echo 'Connection failure: Connection refused' >&2; exit 1")

    assert chosen_devices() is None
    assert system_defaults() is None


def test_a_program_that_hangs_is_given_up(pactl: Pactl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_system, "_LIMIT_S", 0.05)
    pactl.does("while :; do :; done")

    assert chosen_devices() is None
    assert system_defaults() is None


@pytest.mark.parametrize(
    "text", ["", "\0\x1b[2J", "Default Sink\nDefault Source", "nonsense\n" * 9]
)
def test_nonsense_is_taken_for_no_device(pactl: Pactl, text: str) -> None:
    pactl.prints(info=text)

    assert chosen_devices() == ("", "")
    assert system_defaults() == SystemDefaults(None, None)


def test_bytes_that_are_no_text_do_no_harm(pactl: Pactl) -> None:
    pactl.does("printf 'Default Sink: a\\377b\\nDefault Source: c\\n'")

    assert chosen_devices() == ("c", "a\N{REPLACEMENT CHARACTER}b")


def test_a_device_that_is_chosen_and_not_listed_is_none(pactl: Pactl) -> None:
    pactl.prints(sinks=SINKS.replace("Jabra.analog", "Gramophone"))

    assert system_defaults() == SystemDefaults(JABRA.microphone, None)


def test_devices_whose_list_is_refused_are_known_by_their_keys(pactl: Pactl) -> None:
    pactl.does(
        '[ "$1" = list ] && exit 1; echo "Default Sink: speaker"; echo "Default Source: mic"'
    )

    assert system_defaults() == SystemDefaults(
        SystemDevice("mic", "mic"), SystemDevice("speaker", "speaker")
    )


@pytest.mark.parametrize(
    ("specification", "rate_hz"),
    [("s16le 2ch 44100Hz", 44_100), ("float32le 8ch 96000Hz", 96_000), ("n/a", None), ("", None)],
)
def test_the_rate_is_read_where_there_is_one(
    pactl: Pactl, specification: str, rate_hz: int | None
) -> None:
    pactl.prints(sinks=SINKS.replace("s16le 2ch 48000Hz", specification))

    defaults = system_defaults()

    assert defaults is not None and defaults.speaker is not None
    assert defaults.speaker.rate_hz == rate_hz


def test_a_device_without_a_description_is_known_by_its_key(pactl: Pactl) -> None:
    pactl.prints(
        sources=SOURCES.replace("\tDescription: Jabra SPEAK 510: the", "\tUnknown: the"),
    )

    defaults = system_defaults()

    assert defaults is not None and defaults.microphone is not None
    assert defaults.microphone.name == "alsa_input.usb-Jabra.mono-fallback"
    assert defaults.microphone.rate_hz == 16_000


def test_a_microphone_that_repeats_the_speaker_is_none(pactl: Pactl) -> None:
    pactl.prints(
        info=INFO.replace(
            "alsa_input.usb-Jabra.mono-fallback", "alsa_output.usb-Jabra.analog-stereo.monitor"
        )
    )

    assert system_defaults() == SystemDefaults(None, JABRA.speaker)


@pytest.mark.parametrize(
    ("sink", "source"),
    [("auto_null", "auto_null.monitor"), ("auto_null", "@DEFAULT_SOURCE@"), ("", "")],
)
def test_a_sound_system_without_cards_has_no_devices(pactl: Pactl, sink: str, source: str) -> None:
    null = "Sink #1\n\tName: auto_null\n\tSample Specification: s16le 2ch 44100Hz\n"
    info = f"Default Sink: {sink}\nDefault Source: {source}\n"
    pactl.prints(info=info, sources=null.replace("auto_null", "auto_null.monitor"), sinks=null)

    assert system_defaults() == SystemDefaults(None, None)


@pytest.mark.parametrize(
    ("host_api", "name", "expected"),
    [
        ("ALSA", "default", True),
        ("ALSA", "Pulse", True),
        ("ALSA", "HDA Intel: ALC257 (hw:0,0)", False),
        ("JACK Audio Connection Kit", "default", False),
        ("Windows WASAPI", "default", False),
    ],
)
def test_only_alsas_names_of_the_sound_system_stand_for_its_choice(
    host_api: str, name: str, expected: bool
) -> None:
    assert is_routed(host_api, name) is expected


@pytest.mark.parametrize(
    ("libraries", "expected"),
    [
        (["libc.so.6", "libjack.so.0.1.0"], True),
        (["libc.so.6", "pipewire-0.3/jack/libjack.so.0"], False),
        (["libc.so.6"], False),
    ],
)
def test_jacks_own_library_is_told_from_pipewires(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, libraries: list[str], expected: bool
) -> None:
    maps = tmp_path / "proc/self/maps"
    maps.parent.mkdir(parents=True)
    lines = [f"7f00-7f01 r-xp 0 08:01 9  /usr/lib/{library}" for library in libraries]
    maps.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(sound_system, "Path", lambda path: tmp_path / path.lstrip("/"))

    assert is_jack_fragile() is expected


def test_a_card_that_comes_changes_the_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = tmp_path / "proc/asound/cards"
    cards.parent.mkdir(parents=True)
    monkeypatch.setattr(sound_system, "Path", lambda path: tmp_path / path.lstrip("/"))
    without_alsa = cards_fingerprint()
    cards.write_text(" 0 [PCH ]: HDA-Intel - HDA Intel PCH\n", encoding="utf-8")
    one = cards_fingerprint()
    cards.write_bytes(cards.read_bytes() + b" 1 [Webcam\xff ]: USB-Audio - Webcam\n")

    assert without_alsa is None
    assert one is not None
    assert cards_fingerprint() not in (None, one)
