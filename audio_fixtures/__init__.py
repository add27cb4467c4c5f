"""Recorded speech with known words and times, for tests, benchmarks and the demonstration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

FOLDER = Path(__file__).parent


class Fixture(TypedDict):
    """One clip: a mono 16-bit WAV file and all that is known of it.

    ``speech_spans_ms`` are the stretches of speech as (start, end) from the first sample;
    they are exact for synthetic clips and measured by energy for recorded ones. ``kind`` is
    ``recorded`` (people), ``synthetic`` (our synthesiser) or ``generated`` (no speech at all).
    """

    name: str
    kind: str
    transcript: str
    speech_spans_ms: list[tuple[int, int]]
    duration_ms: int
    rate_hz: int
    sha256: str
    source: str
    licence: str


def load_manifest() -> dict[str, Fixture]:
    """Return every clip by its name (the file name without ``.wav``)."""
    entries = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    return {entry["name"]: entry for entry in entries}


def path(name: str) -> Path:
    """Return the file of a clip. Raises KeyError for a name that is not in the manifest."""
    return FOLDER / f"{load_manifest()[name]['name']}.wav"


def transcript(name: str) -> str:
    """Return what is said in a clip. Raises KeyError for a name that is not in the manifest."""
    return load_manifest()[name]["transcript"]
