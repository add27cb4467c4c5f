import io
import signal
import sys
from pathlib import Path

import pytest

from voice.errors import SettingsError
from voice.settings import load_settings
from voice.ui.serve import serve


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)


class EndsWhenReady(io.StringIO):
    """Standard output that ends the server once it has said that it is ready."""

    def write(self, text: str) -> int:
        if "health at" in text:
            signal.raise_signal(signal.SIGTERM)
        return super().write(text)


def test_server_says_when_it_is_ready_and_ends_well_by_sigterm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, out = signal.getsignal(signal.SIGTERM), EndsWhenReady()
    monkeypatch.setattr(sys, "stdout", out)

    assert serve(load_settings(overrides={"server.port": 0})) == 0

    assert out.getvalue().startswith("voice: ready at ws://127.0.0.1:")
    assert signal.getsignal(signal.SIGTERM) is before


def test_address_that_cannot_be_had_is_raised() -> None:
    with pytest.raises(SettingsError, match="no token is set"):
        serve(load_settings(overrides={"server.host": "0.0.0.0"}))
