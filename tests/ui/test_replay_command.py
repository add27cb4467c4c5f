import json

import pytest

from tests.blackbox.recorded import hold_conversation
from voice.blackbox import replay as replay_module
from voice.core.client import ClientCore
from voice.core.client_inputs import MicFrame
from voice.errors import SettingsError
from voice.ui.replay_command import replay_file


def test_a_faithful_replay_says_so_and_exits_with_0(tmp_path, capsys):
    hold_conversation(tmp_path / "x.vbox")
    assert replay_file(tmp_path / "x.vbox", timeline=None, as_json=False) == 0
    assert "steps, each as recorded." in capsys.readouterr().out


def test_a_difference_is_shown_and_exits_with_1(tmp_path, capsys, monkeypatch):
    hold_conversation(tmp_path / "x.vbox")

    class DeafCore(ClientCore):
        def handle(self, event, now_ms):
            actions = super().handle(event, now_ms)
            return [] if isinstance(event, MicFrame) else actions

    monkeypatch.setattr(replay_module, "ClientCore", DeafCore)
    assert replay_file(tmp_path / "x.vbox", timeline=None, as_json=False) == 1
    told = capsys.readouterr().out
    assert "went another way" in told
    assert '"@":"SendAudio"' in told
    assert "nothing more" in told


def test_the_picture_is_written_beside_the_replay(tmp_path, capsys):
    hold_conversation(tmp_path / "x.vbox")
    assert replay_file(tmp_path / "x.vbox", timeline=tmp_path / "t.html", as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["is_whole"]
    assert told["difference"] is None
    assert "<svg" in (tmp_path / "t.html").read_text()


def test_the_picture_never_replaces_the_recording(tmp_path):
    hold_conversation(tmp_path / "x.vbox")
    with pytest.raises(SettingsError, match="is the recording itself"):
        replay_file(tmp_path / "x.vbox", timeline=tmp_path / "x.vbox", as_json=False)


def test_a_picture_that_cannot_be_written_is_refused(tmp_path):
    hold_conversation(tmp_path / "x.vbox")
    with pytest.raises(SettingsError, match="cannot write .*: No such file"):
        replay_file(tmp_path / "x.vbox", timeline=tmp_path / "no" / "t.html", as_json=False)
