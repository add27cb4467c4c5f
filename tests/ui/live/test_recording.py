from pathlib import Path

from voice.blackbox.recorder import Recorder
from voice.ui.live.recording import AGAIN_S, RecordingKey


async def test_session_that_is_not_recorded_says_how_to_record_one() -> None:
    key = RecordingKey(None)
    assert key.state == "off"
    assert "voice talk --record FILE" in await key.press(0.0)


async def test_second_press_ends_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "box"
    recorder = Recorder(path)
    recorder.start({})
    key = RecordingKey(recorder)
    assert key.state == f"on, {path}"
    assert str(path) in await key.press(0.0)
    assert await key.press(1.0) == f"the recording has ended: voice replay {path}"
    assert key.state == f"ended, {path}"
    assert path.stat().st_size > 0


async def test_late_second_press_only_tells_again(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "box")
    recorder.start({})
    key = RecordingKey(recorder)
    await key.press(0.0)
    assert "recording to" in await key.press(AGAIN_S + 0.1)
    recorder.close()


async def test_recording_that_stopped_by_itself_says_why(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, may_fail=True)
    recorder.start({})
    key = RecordingKey(recorder)
    assert key.state.startswith("stopped: ")
    assert "has stopped" in await key.press(0.0)
