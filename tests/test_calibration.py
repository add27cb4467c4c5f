"""What was measured of devices is found again, and a bad file harms nobody."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path

import pytest

from voice.calibration import FILE_NAME, MOST_PAIRS, Calibration, load_calibration, save_calibration

MEASURED = Calibration("2026-11-21", 33.5, -12.0, -36.0, 30.0, -62.0, 12.5)


def test_a_pair_is_found_again_and_no_other(tmp_path: Path) -> None:
    save_calibration(tmp_path / "new", "Mic", "Loud", MEASURED)

    assert load_calibration(tmp_path / "new", "Mic", "Loud") == MEASURED
    assert load_calibration(tmp_path / "new", "Mic", "Headphones") is None
    assert load_calibration(tmp_path, "Mic", "Loud") is None


def test_measuring_again_replaces_what_was(tmp_path: Path) -> None:
    save_calibration(tmp_path, "Mic", "Loud", MEASURED)
    later = Calibration("2026-12-01")

    save_calibration(tmp_path, "Mic", "Loud", later)

    assert load_calibration(tmp_path, "Mic", "Loud") == later
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_the_pairs_measured_longest_ago_are_forgotten(tmp_path: Path) -> None:
    for number in range(MOST_PAIRS + 2):
        save_calibration(tmp_path, f"Mic {number}", "Loud", MEASURED)

    assert load_calibration(tmp_path, "Mic 1", "Loud") is None
    assert load_calibration(tmp_path, "Mic 2", "Loud") == MEASURED
    assert len(json.loads((tmp_path / FILE_NAME).read_text())["pairs"]) == MOST_PAIRS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        '{"pairs": 3}',
        '{"pairs": [{}]}',
        '{"pairs": [{"microphone": "Mic", "speaker": 1}]}',
        '{"pairs": [{"microphone": "Mic", "speaker": "Loud", "delay_ms": "soon"}]}',
        '{"pairs": [{"microphone": "Mic", "speaker": "Loud", "delay_ms": NaN}]}',
        "[" * 100_000,
        "x" * 300_000,
        "\udcff",
    ],
)
def test_a_bad_file_is_told_once_and_counts_as_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    (tmp_path / FILE_NAME).write_bytes(text.encode("utf-8", "surrogateescape"))

    with caplog.at_level(logging.WARNING):
        assert load_calibration(tmp_path, "Mic", "Loud") is None

    assert [record.levelname for record in caplog.records] == ["WARNING"]
    save_calibration(tmp_path, "Mic", "Loud", MEASURED)
    assert load_calibration(tmp_path, "Mic", "Loud") == MEASURED


def test_figures_of_later_versions_are_passed_over(tmp_path: Path) -> None:
    row = {"microphone": "Mic", "speaker": "Loud", "measured": "2027-01-01", "color": "red"}
    (tmp_path / FILE_NAME).write_text(json.dumps({"pairs": [row]}))

    assert load_calibration(tmp_path, "Mic", "Loud") == Calibration("2027-01-01")


def test_nobody_reads_half_a_file(tmp_path: Path) -> None:
    save_calibration(tmp_path, "Mic", "Loud", MEASURED)
    seen: list[Calibration | None] = []
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            seen.append(load_calibration(tmp_path, "Mic", "Loud"))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(100):
        save_calibration(tmp_path, f"Mic {number % 3}", "Loud", MEASURED)
    is_over.set()
    reader.join()

    assert set(seen) == {MEASURED}


@pytest.mark.parametrize(
    ("erle_db", "echo_dbfs", "noise_dbfs", "is_mastered"),
    [
        (25.0, -30.0, -60.0, True),
        (3.0, -30.0, -60.0, False),
        (3.0, -30.0, None, False),
        (3.0, -50.0, -60.0, True),  # as faint as that it disturbs nobody
        (3.0, -40.0, -45.0, True),  # what is left is the noise of the room
        (None, None, -60.0, True),
    ],
)
def test_an_echo_is_mastered_where_nothing_is_left_that_could_pass_for_speech(
    erle_db: float | None, echo_dbfs: float | None, noise_dbfs: float | None, is_mastered: bool
) -> None:
    found = Calibration(
        "2026-11-21", erle_db=erle_db, echo_dbfs=echo_dbfs, noise_floor_dbfs=noise_dbfs
    )

    assert found.is_echo_mastered is is_mastered


@pytest.mark.parametrize(("delay_ms", "priming_ms"), [(33.6, 34), (None, 0), (-8.0, 0)])
def test_the_canceller_is_primed_with_a_delay_it_can_take(
    delay_ms: float | None, priming_ms: int
) -> None:
    assert Calibration("2026-11-21", delay_ms=delay_ms).priming_ms == priming_ms
