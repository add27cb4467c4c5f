import pytest

from tests.blackbox.recorded import RecordedShell, answer, hold_conversation
from voice.blackbox.record_file import MAGIC
from voice.blackbox.recorder import Recorder
from voice.blackbox.replay import replay
from voice.blackbox.timeline import LEVEL_MS, read_timeline
from voice.core import client_inputs as inp
from voice.errors import SettingsError


@pytest.fixture
def timeline(tmp_path):
    hold_conversation(tmp_path / "x.vbox")
    return read_timeline(tmp_path / "x.vbox")


def test_both_sides_have_a_waveform(timeline):
    assert len(timeline.microphone) * LEVEL_MS == pytest.approx(500, abs=LEVEL_MS)
    assert max(timeline.microphone.values()) == pytest.approx(0.5, abs=0.01)


def test_what_was_cut_is_not_drawn(timeline):
    """1,000 ms were received, 400 ms had sounded when the user spoke again."""
    assert len(timeline.speaker) * LEVEL_MS == pytest.approx(400, abs=LEVEL_MS)


def test_turns_have_their_extent(timeline):
    first, second = timeline.of("user")
    assert (first.start_ms, first.end_ms) == (0, 500)
    assert (second.start_ms, second.end_ms) == (900, 1_000)


def test_heard_and_unheard_words_are_told_apart(timeline):
    assistant = next(said for said in timeline.said if said.who == "assistant")
    assert assistant.unheard.strip()
    assert (assistant.text + assistant.unheard).replace(" ", "") == (
        "Once upon a time there was a king.".replace(" ", "")
    )


def test_what_the_user_said_and_typed_is_in_order(timeline):
    said = [said.text for said in timeline.said if said.who == "user"]
    assert said[0] == "Tell me <a> story."
    assert said[1].startswith("My key is")


def test_an_interruption_is_marked(timeline):
    (mark,) = [mark for mark in timeline.marks if mark.kind == "interrupted"]
    assert (mark.at_ms, mark.text) == (900, "interrupted after 400 ms: the endpoint heard speech")


@pytest.fixture
def paused(tmp_path):
    """Record 1,000 ms that were paused for 300 ms after 400 of them."""
    recorder = Recorder(tmp_path / "p.vbox")
    shell = RecordedShell(recorder)
    shell.connect()
    answer(shell)
    shell.advance(400)
    shell.feed(inp.NearSpeech("14 dB above the echo"))
    shell.advance(300)
    shell.feed(inp.NearVerdict(inp.NearKind.BACKCHANNEL, "mm-hm", "'mm-hm' is a backchannel"))
    shell.advance(600)
    shell.feed(inp.DeviceChanged("microphone", "USB", False, "it was unplugged"))
    shell.feed(inp.HangUp())
    recorder.close()
    assert replay(tmp_path / "p.vbox").difference is None
    return read_timeline(tmp_path / "p.vbox")


def test_a_pause_says_why_it_began_and_why_it_ended(paused):
    (pause,) = paused.of("paused")
    assert (pause.start_ms, pause.end_ms) == (400, 700)
    assert pause.text == "14 dB above the echo"
    assert pause.detail == "went on: 'mm-hm' is a backchannel"


def test_what_was_paused_is_drawn_where_it_sounded(paused):
    drawn = sorted(at * LEVEL_MS for at in paused.speaker)
    assert len(drawn) * LEVEL_MS == pytest.approx(1_000, abs=LEVEL_MS)
    assert not [at for at in drawn if 400 <= at < 700]
    assert drawn[-1] == pytest.approx(1_280, abs=LEVEL_MS)


def test_each_phase_and_each_device_says_why(paused):
    assert [(span.text, span.detail) for span in paused.of("phase")][-2:] == [
        ("speaking", "the answer sounds"),
        ("listening", "the answer was heard to its end"),
    ]
    assert paused.marks[-1].text == "microphone USB: it was unplugged"


def test_hanging_up_is_no_error(timeline):
    assert not [mark for mark in timeline.marks if mark.kind == "error"]
    assert timeline.is_whole


def test_a_recording_without_a_step_is_refused(tmp_path):
    (tmp_path / "x.vbox").write_bytes(MAGIC)
    with pytest.raises(SettingsError, match="holds no conversation"):
        read_timeline(tmp_path / "x.vbox")
