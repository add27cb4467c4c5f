from pathlib import Path

import pytest

from tests.server.serving_kit import engines, server
from voice.audio.files import read_audio
from voice.engines.ports import Engines
from voice.errors import AudioFileError, DeviceError, RemoteError
from voice.settings import load_settings
from voice.ui import demo as demo_module
from voice.ui.ask import converse
from voice.ui.demo import QUESTIONS, demo


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("VOICE_TOOLS__DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)


@pytest.fixture
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for real time; the demo itself has no such flag."""

    async def fast(settings: object, prepared: object, view: object) -> object:
        return await converse(settings, prepared, view, is_fast=True)  # type: ignore[arg-type]

    monkeypatch.setattr(demo_module, "converse", fast)


def _scripted(heard: list[str], replies: list[str]) -> Engines:
    """Engines that hear each turn once, as a whole: nothing of the script goes on reading along."""
    bundle = engines(heard=heard, replies=replies)
    bundle.stt.is_idle = False  # type: ignore[misc]
    return bundle


@pytest.mark.usefixtures("_fast")
async def test_both_files_are_written_and_a_missing_sound_card_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_card(settings: object) -> object:
        raise DeviceError("no microphone was found: plug one in")

    monkeypatch.setattr(demo_module, "find_sound_card", no_card)
    async with server(_scripted(["One?", "Two?"], ["First.", "Second."])) as running:
        settings = load_settings(overrides={"endpoint.url": running.url})
        assert await demo(settings, Path("here/and/there")) == 0
    out = capsys.readouterr().out
    assert "Assistant  First." in out
    assert "Assistant  Second." in out
    assert "nothing leaves" not in out
    assert "No sound card for talking to it was found (no microphone was found)." in out
    assert "voice talk" in out
    assert read_audio("here/and/there/reply.wav").size
    assert read_audio("here/and/there/conversation.wav").size


@pytest.mark.usefixtures("_fast")
async def test_question_without_an_answer_is_a_failure() -> None:
    async with server(_scripted(["One?"], ["First."])) as running:
        settings = load_settings(overrides={"endpoint.url": running.url})
        with pytest.raises(RemoteError, match="1 of 2 questions got no answer"):
            await demo(settings, Path("out"))


async def test_folder_that_cannot_be_made_is_told_first(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(AudioFileError, match="cannot write to out"):
        await demo(load_settings(), Path("out"))


def test_questions_are_in_the_package() -> None:
    from audio_fixtures import __file__ as package

    for name in QUESTIONS:
        assert read_audio(Path(package).parent / name).size
