"""``[session]``: what is refused, and what nobody but our own server reads."""

import pytest

from voice.errors import SettingsError
from voice.settings import load_settings


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def test_no_turn_model_is_used_unasked():
    assert load_settings().session.turn_model == "off"


@pytest.mark.parametrize("value", ["off", "auto", "~/models/smart-turn-v3.2-cpu.onnx"])
def test_a_turn_model_is_off_auto_or_a_file(value):
    assert load_settings(overrides={"session.turn_model": value}).session.turn_model == value


@pytest.mark.parametrize("value", ["atuo", "", "smart-turn.bin"])
def test_another_turn_model_is_refused_with_what_was_expected(value):
    with pytest.raises(SettingsError, match=r"turn_model: expected off, auto or the path of an"):
        load_settings(overrides={"session.turn_model": value})
