"""``voice demo``: a recorded voice asks two questions and gets two spoken answers."""

from __future__ import annotations

import sys
import tempfile
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from voice.app import find_sound_card
from voice.audio.files import read_audio, write_stereo_wav, write_wav
from voice.audio.ports import RATE_HZ
from voice.audio.recording import laid_out
from voice.errors import AudioFileError, DeviceError, RemoteError
from voice.ui.ask import Outcome, converse, joined
from voice.ui.asking import Spoken
from voice.ui.command import console_for
from voice.ui.render import View

if TYPE_CHECKING:
    from voice.settings import Settings

QUESTIONS = ("demo_question_1.wav", "demo_question_2.wav")
"""Recordings in ``audio_fixtures``; the first needs a tool, the second none."""


async def demo(settings: Settings, out: Path) -> int:
    """Run the command and return its exit status: 0 where both questions were answered."""
    questions = [_question(name) for name in QUESTIONS]
    _make_folder(out)
    view = View(console_for(sys.stdout))
    view.note("A recorded voice asks two questions and gets two spoken answers.")
    if settings.endpoint.url is None and settings.brain.base_url is None:
        view.note("Everything is computed on this machine; nothing leaves it.")
    with tempfile.TemporaryDirectory(prefix="voice-demo-") as data_dir:
        # The person's own timers and lists are not the demo's.
        tools = settings.tools.model_copy(update={"data_dir": Path(data_dir)})
        outcome = await converse(settings.model_copy(update={"tools": tools}), questions, view)
    _write(outcome, out, view)
    if outcome.failure is not None:
        raise outcome.failure
    _tell_of_sound_card(settings, view)
    unanswered = len(QUESTIONS) - sum(bool(turn.assistant_text) for turn in outcome.turns)
    if unanswered > 0:
        raise RemoteError(f"{unanswered} of {len(QUESTIONS)} questions got no answer")
    return 0


def _question(name: str) -> Spoken:
    with as_file(files("audio_fixtures") / name) as path:
        return Spoken(name, read_audio(path))


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioFileError(f"cannot write to {out}: {error.strerror or error}") from error


def _write(outcome: Outcome, out: Path, view: View) -> None:
    if not outcome.said or not outcome.answered:
        return
    origin_s = min(outcome.said[0].start_s, outcome.answered[0].start_s)
    user, assistant = laid_out(outcome.said, origin_s), laid_out(outcome.answered, origin_s)
    write_wav(out / "reply.wav", joined(outcome.answered), RATE_HZ)
    write_stereo_wav(out / "conversation.wav", user, assistant, RATE_HZ)
    view.note(f"Answers: {out / 'reply.wav'}")
    view.note(f"Conversation (user left, assistant right): {out / 'conversation.wav'}")


def _tell_of_sound_card(settings: Settings, view: View) -> None:
    try:
        card = find_sound_card(settings)
    except DeviceError as error:
        cause = str(error).partition(":")[0]
        view.note(f"No sound card for talking to it was found ({cause}).")
        view.note("On a machine with one: voice talk")
    else:
        view.note(f"Sound card found: {card.microphone.name}, {card.speaker.name}.")
        view.note("Talk to it: voice talk")
