"""Feeds a recording through the core again and finds the first step that went another way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from voice.blackbox.record_file import END, HEADER, STEP, Record, read_records
from voice.blackbox.recorder import masked
from voice.blackbox.values import UnreadableValue, decode, encode, fingerprint
from voice.core.client import ClientCore
from voice.errors import SettingsError, VoiceError


class DrawsDiffer(Exception):
    """The core asked for more ids or random numbers than it did when it was recorded."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first step whose actions are not those of the recording; actions as plain JSON."""

    step: int
    now_ms: int
    event: Any
    recorded: list[Any]
    replayed: list[Any]
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay found; ``is_whole`` where the recording has its end."""

    header: Mapping[str, Any]
    steps: int
    difference: Difference | None
    is_whole: bool


def replay(path: Path, *, on_progress: Callable[[int], None] | None = None) -> Replay:
    """Replay a recording; stops at the first difference.

    Raises SettingsError for a file that holds no recording, or one that this version cannot read.
    """
    records = read_records(path)
    header = _header(records, path)
    draws: deque[Any] = deque()  # bounded: the draws of one step
    try:
        core = _core(header, draws)
        steps, is_whole = 0, False
        for record in records:
            if record.kind == END:
                is_whole = True
            if record.kind != STEP:
                continue
            difference = _step(core, record, steps, draws)
            steps += 1
            if difference is not None:
                return Replay(header, steps, difference, is_whole)
            if on_progress is not None and steps % 1_000 == 0:
                on_progress(steps)
    except UnreadableValue as error:
        raise SettingsError(f"{path}: {error}") from error
    return Replay(header, steps, None, is_whole)


def _header(records: Iterator[Record], path: Path) -> dict[str, Any]:
    first = next(records, None)
    if first is None or first.kind != HEADER:
        raise SettingsError(f"{path} holds no recording: it ends before its first record")
    return first.data


def _core(header: Mapping[str, Any], draws: deque[Any]) -> ClientCore:
    def draw(*_: Any) -> Any:
        if not draws:
            raise DrawsDiffer
        return draws.popleft()

    arguments: dict[str, Any] = decode(header["arguments"], [])
    arguments |= {name: draw for name in header["sources"]}
    draws.extend(header["draws"])
    return ClientCore(decode(header["config"], []), **arguments)


def _step(core: ClientCore, record: Record, number: int, draws: deque[Any]) -> Difference | None:
    data = record.data
    event = decode(data["event"], record.attachments)
    draws.clear()
    draws.extend(data["draws"])
    cause = ""
    replayed: list[Any] = []
    try:
        replayed = [encode(action, fingerprint) for action in core.handle(event, data["t"])]
    except DrawsDiffer:
        cause = "the core asked for an id that it did not ask for when it was recorded"
    except VoiceError as error:
        cause = f"{type(error).__name__}: {error}"
    if not cause and draws:
        cause = "the core asked for fewer ids than when it was recorded"
    # Texts that looked like a secret were masked in the file, so the replayed ones are too.
    replayed = masked(_as_json(replayed), ())
    if not cause and replayed == data["actions"]:
        return None
    return Difference(number, data["t"], data["event"], data["actions"], replayed, cause)


def _as_json(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS))
