"""``voice ask``: files and texts as the user's turns, answers as lines, WAV and JSON."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voice.app import OpenSession, open_session
from voice.audio.file_microphone import Pace
from voice.audio.files import FileMicrophone, FileSpeaker, read_audio, write_wav
from voice.audio.pcm import Pcm
from voice.audio.ports import RATE_HZ
from voice.audio.recording import Take
from voice.core.cost import CostUpdated
from voice.errors import AudioFileError, SettingsError, VoiceError
from voice.ui.asking import ANSWER_LIMIT_S, Asker, PatientMicrophone, Prepared, Spoken, Typed
from voice.ui.command import complain, console_for
from voice.ui.render import View
from voice.ui.report import conversation_json
from voice.ui.stdout import reserved_stdout
from voice.ui.turns import Turn, TurnLog

if TYPE_CHECKING:
    from voice.settings import Settings

MAX_TEXT = 20_000
"""Characters of one typed turn."""

PATIENCE_S = 30.0
"""A lost connection is tried again for so long; whoever asks by files is not there to wait."""

_TAIL_MS = 1_500
_TAIL_BEYOND_SILENCE_MS = 700
"""What is sent after a file at fast pace must outlast the silence that ends a turn."""


@dataclass(frozen=True, slots=True)
class AskRequest:
    """What the command line asks for; ``turns`` are paths and texts in their order."""

    turns: tuple[Path | str, ...]
    out: Path | None = None
    as_json: bool = False
    is_fast: bool = False
    use_tools: bool = True
    answer_limit_s: float = ANSWER_LIMIT_S
    record: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A conversation that is over: its turns, and what either side let sound.

    ``failure`` is what ended it before its time, after something had been answered; ``cost`` is
    the last account of it.
    """

    turns: list[Turn]
    said: list[Take]
    answered: list[Take]
    failure: VoiceError | None = None
    cost: CostUpdated | None = None


async def ask(request: AskRequest, settings: Settings) -> int:
    """Run the command and return its exit status: 0 where any turn was answered."""
    prepared = await asyncio.to_thread(prepare_turns, request.turns)
    if request.out is not None:
        check_writable(request.out, request.turns)
    # Whatever tools print must not get between the lines of the JSON.
    with reserved_stdout() if request.as_json else contextlib.nullcontext() as write:
        view = View(console_for(sys.stdout))
        outcome = await converse(
            settings,
            prepared,
            view,
            is_fast=request.is_fast,
            use_tools=request.use_tools,
            answer_limit_s=request.answer_limit_s,
            record=request.record,
        )
        reply_wav = write_reply(request.out, outcome.answered)
        if write is not None:
            write(conversation_json(outcome.turns, outcome.answered, reply_wav, outcome.cost))
        elif reply_wav is not None:
            view.note(f"The answer is in {reply_wav}.")
    if outcome.failure is not None:
        raise outcome.failure
    return _status(outcome.turns, prepared)


async def converse(
    settings: Settings,
    prepared: Sequence[Prepared],
    view: View,
    *,
    is_fast: bool = False,
    use_tools: bool = True,
    answer_limit_s: float = ANSWER_LIMIT_S,
    record: Path | None = None,
) -> Outcome:
    """Hold the conversation, showing what happens.

    Raises the VoiceError that ended it before anything was answered.
    """
    pace: Pace = "fast" if is_fast else "real"
    silence_ms = settings.session.silence_duration_ms or 0
    tail_ms = max(_TAIL_MS, silence_ms + _TAIL_BEYOND_SILENCE_MS)
    microphone = FileMicrophone(pace=pace, tail_silence_ms=tail_ms)
    patient = PatientMicrophone(microphone)
    speaker = FileSpeaker(pace=pace)
    log = TurnLog(asyncio.get_running_loop().time)
    parts = {"microphone": patient, "speaker": speaker, "use_tools": use_tools, "record": record}
    parts["patience_s"] = PATIENCE_S
    missed = partial(view.say, "Missed")
    try:
        async with opened(settings, view, on_missed=missed, **parts) as opened_session:
            session = opened_session.session
            patient.waiting_ms = lambda: session.waiting_audio_ms
            asker = Asker(
                session,
                microphone,
                log,
                show=view.show,
                fast=is_fast,
                ends_turns=settings.session.turn_detection == "none",
                answer_limit_s=answer_limit_s,
                jobs=opened_session.wait_for_jobs,
                types=opened_session.send_text,
            )
            await asker.ask(prepared, announce=lambda one: _announce(view, one))
            # Before the session closes them: what sounds until then is part of the conversation.
            takes = microphone.takes(), speaker.takes()
            return Outcome(log.worth_telling(), *takes, cost=log.cost)
    except VoiceError as error:
        turns = log.worth_telling()
        if not any(turn.is_answered for turn in turns):
            raise
        return Outcome(turns, microphone.takes(), speaker.takes(), error, log.cost)


@contextlib.asynccontextmanager
async def opened(settings: Settings, view: View, **parts: Any) -> AsyncIterator[OpenSession]:
    """Open a session, and meanwhile say what is waited for."""
    parts.setdefault("on_tool_line", lambda line: view.say("Tools", line))
    async with contextlib.AsyncExitStack() as stack:
        where = settings.endpoint.url
        doing = "Connecting" if where else "Loading the speech models"
        progress = console_for(sys.stderr)
        if progress.is_terminal:
            with progress.status(f"{doing} …"):
                session = await stack.enter_async_context(open_session(settings, **parts))
        else:
            progress.print(f"{doing} …")
            session = await stack.enter_async_context(open_session(settings, **parts))
        for problem in session.tool_problems:
            view.say("Warning", f"tool left out: {problem}")
        yield session


def prepare_turns(turns: Sequence[Path | str]) -> list[Prepared]:
    """Read the files and check the texts, so that nothing fails halfway.

    Raises AudioFileError and SettingsError.
    """
    prepared: list[Prepared] = []
    for turn in turns:
        if isinstance(turn, Path):
            prepared.append(Spoken(str(turn), read_audio(turn)))
            continue
        if not turn.strip():
            raise SettingsError("--text: expected words, got an empty text")
        if len(turn) > MAX_TEXT:
            raise SettingsError(f"--text: expected at most {MAX_TEXT} characters, got {len(turn)}")
        prepared.append(Typed(turn.encode(errors="replace").decode()))
    return prepared


def check_writable(out: Path, turns: Sequence[Path | str]) -> None:
    """Raise AudioFileError where ``out`` cannot be written, before the conversation is held."""
    if any(isinstance(turn, Path) and _is_same_file(turn, out) for turn in turns):
        raise AudioFileError(f"--out {out} is one of the questions; choose another file")
    if out.is_dir():
        raise AudioFileError(f"cannot write {out}: it is a directory")
    is_new = not out.exists()
    try:
        out.open("ab").close()
        if is_new:
            out.unlink()
    except OSError as error:
        raise AudioFileError(f"cannot write {out}: {error.strerror or error}") from error


def write_reply(out: Path | None, answered: Sequence[Take]) -> Path | None:
    """Write the answers one after the other; returns None where there was nothing to write."""
    if out is None or not answered:
        return None
    write_wav(out, joined(answered), RATE_HZ)
    return out


def joined(takes: Sequence[Take]) -> Pcm:
    """Return all takes without the pauses between them."""
    return np.concatenate([np.zeros(0, np.int16), *(take.pcm for take in takes)])


def _status(turns: Sequence[Turn], prepared: Sequence[Prepared]) -> int:
    if any(turn.is_answered for turn in turns):
        return 0
    failures = [error for turn in turns for error in turn.errors]
    if failures:
        complain(f"no turn was answered: {failures[-1]}")
    elif any(turn.user_text for turn in turns):
        complain("no turn was answered: the endpoint gave no answer")
    else:
        names = ", ".join(one.name for one in prepared if isinstance(one, Spoken))
        complain(f"no speech was heard in {names}; expected somebody who speaks")
    return 1


def _announce(view: View, one: Prepared) -> None:
    match one:
        case Spoken(name):
            view.note(f"▶ {name} ({one.seconds:.1f} s)")
        case Typed(text):
            view.say("You", text)


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
