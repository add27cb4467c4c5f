import pytest

from tests.blackbox.recorded import RecordedShell, hold_conversation
from voice.blackbox import replay as replay_module
from voice.blackbox.record_file import MAGIC
from voice.blackbox.recorder import Recorder
from voice.blackbox.replay import replay
from voice.core.client import ClientCore
from voice.core.client_actions import SendAudio
from voice.core.client_inputs import MicFrame
from voice.errors import LocalProtocolError, SettingsError
from voice.testing import walk
from voice.testing.walk import ClientWalk


def test_a_recording_replays_as_it_was(tmp_path):
    shell = hold_conversation(tmp_path / "x.vbox")
    found = replay(tmp_path / "x.vbox")
    assert found.difference is None
    assert found.is_whole
    assert found.steps == len(shell.steps)


def test_secrets_that_were_masked_make_no_difference(tmp_path):
    hold_conversation(tmp_path / "x.vbox", secrets=("there was",))
    assert replay(tmp_path / "x.vbox").difference is None


@pytest.mark.parametrize("seed", range(5))
def test_random_conversations_replay_as_they_were(tmp_path, monkeypatch, seed):
    import random

    recorder = Recorder(tmp_path / "x.vbox")

    class RecordedWalkShell(walk.WatchedShell):
        def _new_core(self, jitter):
            if hasattr(self, "core"):
                return super()._new_core(jitter)  # the walk's own replay
            return RecordedShell._new_core(self, jitter)

        recorder: Recorder

    RecordedWalkShell.recorder = recorder
    monkeypatch.setattr(walk, "WatchedShell", RecordedWalkShell)
    conversation = ClientWalk(random.Random(seed).randrange)
    for _ in range(150):
        conversation.step()
    conversation.finish()
    recorder.close()
    found = replay(tmp_path / "x.vbox")
    assert found.difference is None
    assert found.steps > 150


def test_the_first_step_that_goes_another_way_is_shown(tmp_path, monkeypatch):
    hold_conversation(tmp_path / "x.vbox")

    class DeafCore(ClientCore):
        """Sends nothing of the microphone."""

        def handle(self, event, now_ms):
            actions = super().handle(event, now_ms)
            is_sound = isinstance(event, MicFrame)
            return [] if is_sound else actions

    monkeypatch.setattr(replay_module, "ClientCore", DeafCore)
    difference = replay(tmp_path / "x.vbox").difference
    assert difference is not None
    assert difference.event["@"] == MicFrame.__name__
    assert difference.recorded[0]["@"] == SendAudio.__name__
    assert difference.replayed == []


def test_a_core_that_breaks_is_a_difference_with_its_cause(tmp_path, monkeypatch):
    hold_conversation(tmp_path / "x.vbox")

    class BrokenCore(ClientCore):
        def handle(self, event, now_ms):
            raise LocalProtocolError("no such move")

    monkeypatch.setattr(replay_module, "ClientCore", BrokenCore)
    difference = replay(tmp_path / "x.vbox").difference
    assert difference is not None
    assert (difference.step, difference.cause) == (0, "LocalProtocolError: no such move")


def test_a_core_that_draws_more_ids_is_a_difference(tmp_path, monkeypatch):
    hold_conversation(tmp_path / "x.vbox")

    class GreedyCore(ClientCore):
        def handle(self, event, now_ms):
            self._state.new_id("more")
            return super().handle(event, now_ms)

    monkeypatch.setattr(replay_module, "ClientCore", GreedyCore)
    difference = replay(tmp_path / "x.vbox").difference
    assert difference is not None
    assert "asked for an id" in difference.cause


def test_a_killed_session_replays_up_to_where_it_was_killed(tmp_path):
    hold_conversation(tmp_path / "x.vbox")
    data = (tmp_path / "x.vbox").read_bytes()
    (tmp_path / "torn.vbox").write_bytes(data[: len(data) * 3 // 4])
    found = replay(tmp_path / "torn.vbox")
    assert found.difference is None
    assert not found.is_whole
    assert found.steps > 0


def test_an_empty_recording_is_refused(tmp_path):
    (tmp_path / "x.vbox").write_bytes(MAGIC)
    with pytest.raises(SettingsError, match="holds no recording"):
        replay(tmp_path / "x.vbox")
