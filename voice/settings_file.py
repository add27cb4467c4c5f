"""Finds and reads the settings file, and says where in it a key stands."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_config_path, user_data_path

from voice.errors import SettingsError

FILE_NAME = "voice.toml"
"""The settings file's name in the working directory and in the user's configuration folder."""

_APPLICATION = "voice"
_MAX_BYTES = 1_000_000
"""A larger file is a mistake, not settings."""

_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A parsed settings file; ``path`` is None and ``values`` empty where there is none."""

    path: Path | None
    text: str
    values: Mapping[str, Any]

    def place(self, section: str, key: str | None = None) -> str:
        """Return ``voice.toml line 7`` for a key or a section header; no line where not found."""
        line = _line_of(self.text, section, key)
        return f"{self.path} line {line}" if line else f"{self.path}"


def default_data_dir() -> Path:
    """Return the folder of the user's own data: lists, notes, timers. It need not exist."""
    return user_data_path(_APPLICATION, appauthor=False)


def find_settings_file(named: Path | None = None) -> Path | None:
    """Return the settings file to read, or None.

    The file that is named wins, then ``VOICE_CONFIG``, then ``voice.toml`` in the working
    directory, then in the user's configuration folder. Only one file is ever read. Raises
    SettingsError where a named file does not exist.
    """
    if named is not None:
        return _existing(named, "--config")
    if from_environment := os.environ.get("VOICE_CONFIG"):
        return _existing(Path(from_environment), "VOICE_CONFIG")
    for folder in (Path(), user_config_path(_APPLICATION, appauthor=False)):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def read_settings_file(path: Path | None) -> SettingsFile:
    """Read ``path``; an empty SettingsFile for None.

    Raises SettingsError in one line that names the file, the line and what was expected.
    """
    if path is None:
        return SettingsFile(None, "", {})
    text = _read_text(path)
    try:
        return SettingsFile(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _TOML_PLACE.search(message)
        line, column = _error_position(place, text)
        cause = _TOML_PLACE.sub("", message)
        raise SettingsError(
            f"{path} line {line}, column {column}: this is no TOML: {cause}; "
            'expected [section] lines and key = value lines, with text in "quotes"'
        ) from None


def _existing(path: Path, named_by: str) -> Path:
    path = path.expanduser()
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise SettingsError(
            f"settings file {path} {what}; expected a TOML file: correct {named_by} or leave it out"
        )
    return path


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise SettingsError(
            f"settings file {path} cannot be read: {error.strerror or type(error).__name__}"
        ) from error
    if len(raw) > _MAX_BYTES:
        raise SettingsError(
            f"settings file {path} is larger than {_MAX_BYTES} bytes; expected a short TOML file"
        )
    try:
        # Editors on Windows put a byte-order mark in front and end lines with CR LF.
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path} line {line}: expected UTF-8 text; save it as UTF-8") from None


def _error_position(place: re.Match[str] | None, text: str) -> tuple[int, int]:
    """Return line and column of a parser's complaint; the end of the text where it names none."""
    if place and place[1]:
        return int(place[1]), int(place[2])
    lines = text.split("\n")
    return len(lines), len(lines[-1]) + 1


def _line_of(text: str, section: str, key: str | None) -> int | None:
    """Return the line of ``key`` in ``[section]``, or of the section itself; None if not seen.

    A plain scan: a key spelled in an unusual way (dotted, inline table) is simply not found.
    """
    current = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\[?\s*([\w.\"'-]+)\s*\]", line):
            current = header[1].strip("\"'")
            if current == (section if key is None else f"{section}.{key}"):
                return number
            continue
        name = re.match(r"\s*[\"']?([\w-]+)[\"']?\s*[=.]", line)
        if name and ((current, name[1]) == (section, key) or (not current and not key)):
            if key is not None or name[1] == section:
                return number
    return None
