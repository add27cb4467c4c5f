"""Each verdict on the sound in plain words, with its mend."""

from __future__ import annotations

from dataclasses import replace

from voice.audio.sweep import Acoustics
from voice.client.probe import Step
from voice.client.probe_talk import Outcome
from voice.sound_verdicts import SoundFigures, verdicts

GOOD = SoundFigures(
    microphone="Mic",
    speaker="Loud",
    rates_hz=(48_000, 44_100),
    volume=80,
    input_gain_db=0.0,
    echo_setting="auto",
    peak=4_000,
    acoustics=Acoustics(True, 30.0, -14.0, -62.0, 0.0, 0.0),
    round_trip_ms=90.0,
    drift_ppm=-21.0,
    erle_db=28.0,
    echo_dbfs=-34.0,
    left_dbfs=-61.0,
    no_canceller="",
    lost=0,
)
SILENT = replace(GOOD.acoustics, is_heard=False, delay_ms=None, echo_db=None)


def told(**changes: object) -> dict[str, Step]:
    return {step.name: step for step in verdicts(replace(GOOD, **changes))}


def acoustics(**changes: object) -> dict[str, Step]:
    return told(acoustics=replace(GOOD.acoustics, **changes))


def test_where_everything_is_right_every_line_says_so_with_its_number() -> None:
    steps = told()

    assert [*steps] == [
        "microphone", "speaker", "noise", "echo delay", "echo", "cancelling", "clipping", "clocks",
    ]  # fmt: skip
    assert {step.outcome for step in steps.values()} == {Outcome.OK}
    assert steps["microphone"].detail == "'Mic' at 48000 Hz"
    assert steps["echo delay"].detail.startswith("90 ms for the round trip")
    assert steps["clocks"].detail == "the microphone's runs 21 ppm slower than the speaker's"
    assert steps["echo delay"].figures == {"delay_ms": 30.0, "round_trip_ms": 90.0}
    assert all(step.figures for step in steps.values())


def test_a_muted_microphone_is_the_first_thing_to_mend() -> None:
    steps = told(peak=1, acoustics=SILENT)

    assert [*steps] == ["microphone", "speaker"]
    assert steps["microphone"].outcome is Outcome.FAILED
    assert "is it muted?" in steps["microphone"].detail
    assert "audio.input" in steps["microphone"].mend


def test_without_an_echo_headphones_are_guessed_and_cpu_can_be_saved() -> None:
    steps = told(acoustics=SILENT, erle_db=None, left_dbfs=None, drift_ppm=None, round_trip_ms=None)

    assert steps["echo"].outcome is Outcome.OK
    assert 'audio.echo = "off" saves CPU' in steps["echo"].mend
    skipped = ("echo delay", "cancelling", "clocks")
    assert {steps[name].outcome for name in skipped} == {Outcome.SKIPPED}


def test_in_a_loud_room_no_echo_is_no_verdict() -> None:
    loud = replace(SILENT, noise_floor_dbfs=-20.0)

    steps = told(acoustics=loud, erle_db=None, left_dbfs=None)

    assert steps["noise"].outcome is Outcome.WARNING
    assert "audio.noise_suppression" in steps["noise"].mend
    assert steps["echo"].outcome is Outcome.SKIPPED


def test_an_echo_louder_than_the_voice_is_turned_down_or_not_listened_to() -> None:
    echo = acoustics(echo_db=2.0)["echo"]

    assert echo.outcome is Outcome.WARNING
    assert "louder than your voice" in echo.detail
    assert "turn the speaker down" in echo.mend
    assert 'audio.echo = "half_duplex"' in echo.mend


def test_headphones_that_are_none_are_told() -> None:
    echo = told(echo_setting="off")["echo"]

    assert echo.outcome is Outcome.WARNING
    assert 'set it to "auto"' in echo.mend


def test_a_canceller_that_takes_too_little_says_what_is_done_about_it() -> None:
    poor = told(erle_db=3.0, left_dbfs=-37.0)["cancelling"]
    fair = told(erle_db=9.0, left_dbfs=-43.0)["cancelling"]
    drowned = told(erle_db=3.0, left_dbfs=-58.0)["cancelling"]

    assert poor.outcome is fair.outcome is Outcome.WARNING
    assert "half duplex" in poor.mend
    assert "half duplex" not in fair.mend
    assert drowned.outcome is Outcome.OK


def test_a_missing_canceller_says_how_to_get_it() -> None:
    step = told(no_canceller="pip install it", erle_db=None)["cancelling"]

    assert (step.outcome, step.detail) == (Outcome.WARNING, "pip install it")


def test_a_faint_echo_needs_no_canceller() -> None:
    assert told(erle_db=None, left_dbfs=-70.0)["cancelling"].outcome is Outcome.OK


def test_what_is_cut_off_is_turned_down_where_it_was_turned_up() -> None:
    step = acoustics(clipped_share=0.02)["clipping"]
    ours = told(acoustics=replace(GOOD.acoustics, clipped_share=0.02), input_gain_db=12.0)[
        "clipping"
    ]

    assert step.outcome is Outcome.WARNING
    assert step.detail.startswith("2.0%")
    assert "audio.input_gain_db, now 12" in ours.mend


def test_wrong_times_and_late_devices_are_told_apart() -> None:
    early, far = acoustics(delay_ms=-33.0)["echo delay"], acoustics(delay_ms=400.0)["echo delay"]
    late = told(round_trip_ms=420.0)["echo delay"]

    assert early.outcome is far.outcome is late.outcome is Outcome.WARNING
    assert "wrong times" in early.mend
    assert "wrong times" in far.mend
    assert "Bluetooth" in late.mend


def test_clocks_that_run_apart_are_told_and_unknown_ones_say_why() -> None:
    apart, lossy = told(drift_ppm=900.0)["clocks"], told(drift_ppm=None, lost=2)["clocks"]

    assert apart.outcome is Outcome.WARNING
    assert "900 ppm faster" in apart.detail
    assert (lossy.outcome, "sound was lost" in lossy.detail) == (Outcome.SKIPPED, True)


def test_a_speaker_that_is_turned_off_or_runs_dry_is_told() -> None:
    off = told(volume=0, acoustics=SILENT)
    dry = told(lost=3)["speaker"]

    assert "audio.volume" in off["speaker"].mend
    assert off["echo"].mend == ""
    assert (dry.outcome, "lost 3 time(s)" in dry.detail) == (Outcome.WARNING, True)


def test_what_is_kept_are_the_figures() -> None:
    kept = GOOD.calibration("2026-11-21")

    assert (kept.delay_ms, kept.erle_db, kept.drift_ppm) == (30.0, 28.0, -21.0)
    assert (kept.noise_floor_dbfs, kept.echo_db, kept.echo_dbfs) == (-62.0, -14.0, -34.0)
