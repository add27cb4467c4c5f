"""``voice replay``: a recorded session, through the core again or as a picture."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from voice.blackbox.replay import Difference, Replay, replay
from voice.blackbox.timeline import read_timeline
from voice.blackbox.timeline_page import timeline_page
from voice.errors import SettingsError
from voice.ui.command import console_for

MAX_SHOWN = 600
"""Characters of one event or one list of actions."""


def replay_file(path: Path, *, timeline: Path | None, as_json: bool) -> int:
    """Run the command and return its exit status; raises SettingsError for a bad file."""
    progress = console_for(sys.stderr)
    if timeline is not None:
        _draw(path, timeline)
    if progress.is_terminal and not as_json:
        with progress.status("Replaying …") as status:
            found = replay(path, on_progress=lambda n: status.update(f"Replaying … {n} steps"))
    else:
        found = replay(path)
    if as_json:
        print(orjson.dumps(_as_json(path, found, timeline), option=orjson.OPT_INDENT_2).decode())
    else:
        _tell(path, found, timeline)
    return 1 if found.difference is not None else 0


def _draw(path: Path, target: Path) -> None:
    if target.exists() and target.samefile(path):
        raise SettingsError(f"--timeline {target} is the recording itself; choose another file")
    page = timeline_page(read_timeline(path), title=f"Conversation of {_date(path)}")
    try:
        target.write_text(page, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"cannot write {target}: {error.strerror or error}") from error


def _date(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime).strftime("%d %B %Y, %H:%M")


def _tell(path: Path, found: Replay, timeline: Path | None) -> None:
    console = console_for(sys.stdout)

    def line(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    if timeline is not None:
        line(f"The picture is in {timeline}.")
    if not found.is_whole:
        line("The recording has no end: the session was killed, or the disk was full.")
    difference = found.difference
    if difference is None:
        line(f"{path}: {found.steps} steps, each as recorded.")
        return
    line(f"{path}: step {difference.step} at {difference.now_ms} ms went another way.")
    line(f"  event     {_short(difference.event)}")
    if difference.cause:
        line(f"  cause     {difference.cause}")
        return
    at = _first_different(difference)
    line(f"  action    number {at}")
    line(f"  recorded  {_short(_at(difference.recorded, at))}")
    line(f"  replayed  {_short(_at(difference.replayed, at))}")


def _first_different(difference: Difference) -> int:
    pairs = zip(difference.recorded, difference.replayed, strict=False)
    for index, (recorded, replayed) in enumerate(pairs):
        if recorded != replayed:
            return index
    return min(len(difference.recorded), len(difference.replayed))


def _at(actions: list[Any], index: int) -> Any:
    return actions[index] if index < len(actions) else "nothing more"


def _short(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]} …"


def _as_json(path: Path, found: Replay, timeline: Path | None) -> dict[str, Any]:
    difference = found.difference
    return {
        "file": str(path),
        "steps": found.steps,
        "is_whole": found.is_whole,
        "versions": found.header.get("versions"),
        "timeline": str(timeline) if timeline else None,
        "difference": None
        if difference is None
        else {
            "step": difference.step,
            "now_ms": difference.now_ms,
            "cause": difference.cause,
            "event": difference.event,
            "recorded": difference.recorded,
            "replayed": difference.replayed,
        },
    }
