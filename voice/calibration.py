"""What ``voice doctor`` measured of a microphone and a speaker together, kept for conversations."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import orjson

logger = logging.getLogger(__name__)

FILE_NAME = "calibration.json"
MOST_PAIRS = 64
"""The pairs that were measured longest ago are forgotten."""

_MAX_BYTES = 256 * 1024
_POOR_ERLE_DB = 6.0
_LOUD_ECHO_DBFS = -45.0
_DROWNED_DB = 6.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """One pair of devices on one day; None for what could not be told.

    ``delay_ms`` is how much later than the stream's own times the echo comes, ``echo_db`` its level
    against what was played, ``echo_dbfs`` that at the microphone, ``erle_db`` how much of it the
    canceller takes away.
    """

    measured: str
    """The day, as in 2026-11-21."""
    delay_ms: float | None = None
    echo_db: float | None = None
    echo_dbfs: float | None = None
    erle_db: float | None = None
    noise_floor_dbfs: float | None = None
    drift_ppm: float | None = None

    @property
    def priming_ms(self) -> int:
        """The delay from which the canceller is to begin its search."""
        return max(0, round(self.delay_ms or 0.0))

    @property
    def is_echo_mastered(self) -> bool:
        """Whether the canceller leaves nothing of the echo that could pass for speech."""
        if self.erle_db is None or self.echo_dbfs is None:
            return True
        left_dbfs = self.echo_dbfs - self.erle_db
        is_drowned = left_dbfs <= (self.noise_floor_dbfs or -90.0) + _DROWNED_DB
        return self.erle_db >= _POOR_ERLE_DB or self.echo_dbfs <= _LOUD_ECHO_DBFS or is_drowned


def load_calibration(folder: Path, microphone: str, speaker: str) -> Calibration | None:
    """Return what was measured of a pair, None where it never was.

    A file that cannot be read counts as none, with one warning in the log.
    """
    for row in _rows(folder / FILE_NAME):
        if (row["microphone"], row["speaker"]) == (microphone, speaker):
            return _calibration(row)
    return None


def save_calibration(folder: Path, microphone: str, speaker: str, calibration: Calibration) -> None:
    """Keep what was measured of a pair, in place of what was measured before.

    The file is replaced whole, so that nobody reads half of it. Raises OSError.
    """
    path = folder / FILE_NAME
    others = [
        row for row in _rows(path) if (row["microphone"], row["speaker"]) != (microphone, speaker)
    ]
    mine = {"microphone": microphone, "speaker": speaker, **asdict(calibration)}
    pairs = {"pairs": [*others, mine][-MOST_PAIRS:]}
    data = orjson.dumps(pairs, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    folder.mkdir(parents=True, exist_ok=True)
    handle, written = tempfile.mkstemp(dir=folder, prefix=f".{FILE_NAME}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(written, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(written)
        raise


def _rows(path: Path) -> list[dict[str, Any]]:
    """Return the pairs of a file, the one measured last at the end."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise ValueError(f"it is larger than {_MAX_BYTES} bytes")
        rows = orjson.loads(data)["pairs"]
        for row in rows:
            if not (isinstance(row["microphone"], str) and isinstance(row["speaker"], str)):
                raise ValueError("a pair of devices without names")
            _calibration(row)
        return list(rows)
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning(
            "what was measured of the sound devices is ignored, as %s cannot be read (%s): "
            "voice doctor measures anew",
            path,
            type(error).__name__,
        )
        return []


def _calibration(row: dict[str, Any]) -> Calibration:
    """Return a row as a value; fields of later versions are passed over. Raises ValueError."""
    known = {field.name: row.get(field.name) for field in fields(Calibration)}
    measured = known.pop("measured")
    for name, value in known.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not (is_number and math.isfinite(value)):
            raise ValueError(f"{name} is no number")
    return Calibration(measured=str(measured), **known)
