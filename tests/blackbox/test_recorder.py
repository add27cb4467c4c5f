import os
import threading
from pathlib import Path

import pytest

from tests.blackbox.recorded import hold_conversation, loud
from voice.blackbox import recorder as recorder_module
from voice.blackbox.record_file import END, FRAME, HEADER, STEP, read_records
from voice.blackbox.recorded_core import RecordedCodec
from voice.blackbox.recorder import Recorder, masked
from voice.core import client_inputs as inp
from voice.errors import RemoteProtocolError, SettingsError
from voice.protocol.dialects import Dialect

WAIT_S = 5


def test_a_recording_begins_with_its_versions_and_ends_with_its_end(tmp_path):
    hold_conversation(tmp_path / "x.vbox")
    kinds = [record.kind for record in read_records(tmp_path / "x.vbox")]
    assert (kinds[0], kinds[-1]) == (HEADER, END)
    header = next(iter(read_records(tmp_path / "x.vbox")))
    assert {"python", "websockets", "pydantic"} <= set(header.data["versions"])


def test_each_step_holds_its_time_its_event_and_its_actions(tmp_path):
    shell = hold_conversation(tmp_path / "x.vbox")
    steps = [r for r in read_records(tmp_path / "x.vbox") if r.kind == STEP]
    assert [step.data["t"] for step in steps] == [now_ms for now_ms, _, _ in shell.steps]
    assert [len(step.data["actions"]) for step in steps] == [len(a) for _, _, a in shell.steps]


def test_only_the_owner_can_read_a_recording(tmp_path):
    hold_conversation(tmp_path / "x.vbox")
    assert (tmp_path / "x.vbox").stat().st_mode & 0o777 == 0o600


def test_secrets_are_in_no_record(tmp_path):
    hold_conversation(tmp_path / "x.vbox", secrets=("Once upon",))
    told = str([record.data for record in read_records(tmp_path / "x.vbox")])
    assert "abcdefghijkl" not in told, "what looks like a key"
    assert "Once upon" not in told, "a secret that was named"
    assert "there was a king" in told


def test_a_folder_that_is_missing_is_made(tmp_path):
    hold_conversation(tmp_path / "deep" / "down" / "x.vbox")
    assert (tmp_path / "deep" / "down" / "x.vbox").exists()


def test_a_path_that_cannot_be_written_is_refused_at_once(tmp_path):
    with pytest.raises(SettingsError, match=r"--record: .* cannot be written: Is a directory"):
        Recorder(tmp_path).start({})


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_ends_the_recording_and_not_the_conversation(tmp_path):
    reasons, stopped = [], threading.Event()
    recorder = Recorder(Path("/dev/full"))
    recorder.on_stopped = lambda reason: (reasons.append(reason), stopped.set())
    recorder.start({})
    assert stopped.wait(WAIT_S)
    recorder.step(1, inp.MicFrame(loud(20)), [], [])
    recorder.close()
    assert reasons == ["full could not be written: No space left on device"]


def test_a_recording_ends_at_its_largest_size(tmp_path):
    stopped = threading.Event()
    recorder = Recorder(tmp_path / "x.vbox", max_bytes=5_000)
    recorder.on_stopped = lambda _: stopped.set()
    recorder.start({})
    for now_ms in range(200):
        recorder.step(now_ms, inp.MicFrame(os.urandom(960)), [], [])
    assert stopped.wait(WAIT_S)
    recorder.close()
    assert (tmp_path / "x.vbox").stat().st_size < 20_000
    assert sum(1 for record in read_records(tmp_path / "x.vbox") if record.kind == STEP) > 2


def test_a_disk_that_hangs_ends_the_recording_before_memory_grows(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder_module, "MAX_WAITING", 10)
    gate = threading.Event()
    monkeypatch.setattr(Recorder, "_drain", lambda self, writer: gate.wait(WAIT_S))
    recorder = Recorder(tmp_path / "x.vbox")
    recorder.start({})
    for now_ms in range(20):
        recorder.step(now_ms, inp.Tick(), [], [])
    gate.set()
    recorder.close()
    assert recorder.stopped_because == "the disk is slower than the conversation"


def test_closing_twice_is_closing_once(tmp_path):
    recorder = Recorder(tmp_path / "x.vbox")
    recorder.start({})
    recorder.close()
    recorder.close()
    assert [record.kind for record in read_records(tmp_path / "x.vbox")] == [HEADER, END]


def test_frames_are_kept_both_ways_without_their_audio(tmp_path):
    recorder = Recorder(tmp_path / "x.vbox")
    recorder.start({})
    codec = RecordedCodec(recorder, lambda: 7, Dialect.GA)
    codec.encode_append(loud(20))
    codec.decode('{"type":"input_audio_buffer.cleared","event_id":"event_1"}')
    with pytest.raises(RemoteProtocolError):
        codec.decode("{broken")
    recorder.close()
    frames = [r.data for r in read_records(tmp_path / "x.vbox") if r.kind == FRAME]
    assert [(f["direction"], f["text"] is None) for f in frames] == [
        ("out", True),
        ("in", False),
        ("in", False),
    ]
    assert frames[2]["text"] == "{broken"
    assert frames[0]["size"] > 1_280


def test_half_a_surrogate_pair_is_recorded_as_a_question_mark(tmp_path):
    recorder = Recorder(tmp_path / "x.vbox")
    recorder.start({})
    recorder.step(0, inp.UserTyped("half \ud800 pair"), [], [])
    recorder.close()
    records = list(read_records(tmp_path / "x.vbox"))
    assert [record.kind for record in records] == [HEADER, STEP, END]
    assert "half ? pair" in str(records[1].data)


def test_what_cannot_be_recorded_ends_the_recording_with_a_reason(tmp_path):
    recorder = Recorder(tmp_path / "x.vbox")
    recorder.start({})
    recorder.step(0, inp.UserTyped("fine"), [], [object()])
    recorder.close()
    assert recorder.stopped_because is not None
    assert "TypeError" in recorder.stopped_because or "JSON" in recorder.stopped_because


def test_masking_goes_into_every_text_of_a_structure():
    value = {"a": ["Bearer abcdefghij", 3, None], "b": {"c": "my-own-secret!"}}
    assert masked(value, ("my-own-secret",)) == {"a": ["Bearer ***", 3, None], "b": {"c": "***!"}}


def test_a_key_that_is_a_word_spoils_no_names_of_types():
    value = {"@": "PausePlayback", "cause": "the key is Playback"}
    assert masked(value, ("Playback", "k")) == {"@": "PausePlayback", "cause": "the key is ***"}


def test_a_recording_that_may_fail_is_left_out_where_it_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    recorder = Recorder(tmp_path / "file" / "a.vbox", may_fail=True)
    recorder.start({})
    recorder.frame(0, "in", "{}", is_audio=False)
    recorder.close()
    assert "cannot be written" in recorder.stopped_because
