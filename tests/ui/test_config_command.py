from pathlib import Path

import pytest

from voice.settings import effective, load_settings
from voice.ui.config_command import show_config


def test_every_setting_has_a_line_with_its_origin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)
    monkeypatch.setenv("VOICE_SERVER__TOKEN", "a-very-secret-token")
    (tmp_path / "voice.toml").write_text('[session]\nvoice = "heart"\n')
    settings = load_settings(overrides={"session.speed": 1.2})

    assert show_config(settings) == 0

    out = capsys.readouterr().out
    lines = out.splitlines()
    assert len(lines) == len(effective(settings))
    (voice,) = [line for line in lines if line.startswith("session.voice ")]
    assert voice.endswith("= heart  (file: voice.toml line 2)")
    (speed,) = [line for line in lines if line.startswith("session.speed ")]
    assert speed.endswith("= 1.2  (flag)")
    assert "a-very-secret-token" not in out
    assert "VOICE_SERVER__TOKEN" in out
