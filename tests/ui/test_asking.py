import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from voice.audio.files import FileMicrophone
from voice.core.updates import (
    AssistantTranscript,
    Phase,
    PhaseChanged,
    Update,
    UserSpeechStarted,
    UserSpeechStopped,
    UserTranscript,
)
from voice.errors import LinkLost, RemoteError
from voice.ui import asking
from voice.ui.asking import Asker, PatientMicrophone, Prepared, Spoken, Typed
from voice.ui.turns import Turn, TurnLog

SPEECH = Spoken("speech.wav", np.ones(2_400, np.int16))
SILENCE = Spoken("silence.wav", np.zeros(2_400, np.int16))


class Endpoint:
    """Answers every loud frame, typed line and committed turn by a script."""

    def __init__(self, answer: Sequence[Update]) -> None:
        self.heard: list[str] = []
        self._answer = answer
        self.end: RemoteError | None = None
        self._updates: asyncio.Queue[Update] = asyncio.Queue()
        self._ids = count()

    async def updates(self) -> AsyncIterator[Update]:
        while self.end is None:
            yield await self._updates.get()

    def send_text(self, text: str) -> None:
        self.heard.append(text)
        self.publish(*self._answer)

    def commit_turn(self) -> None:
        self.heard.append("commit")
        self.publish(*self._answer)

    async def wait_closed(self) -> None:
        if self.end is not None:
            raise self.end

    def publish(self, *updates: Update) -> None:
        new_id = str(next(self._ids))
        for update in updates:
            if isinstance(update, AssistantTranscript):
                update = replace(update, response_id=new_id, item_id=new_id)
            self._updates.put_nowait(update)

    async def listen(self, microphone: FileMicrophone) -> None:
        is_loud = False
        async for frame in microphone.frames():
            if any(frame) and not is_loud:
                is_loud = True
                self.publish(UserSpeechStarted())
            elif not any(frame) and is_loud:
                is_loud = False
                self.heard.append("speech")
                self.publish(UserSpeechStopped(), *self._answer)


ANSWER = (
    PhaseChanged(Phase.THINKING),
    AssistantTranscript("r", "i", "Hi.", is_final=True),
    PhaseChanged(Phase.SPEAKING),
    PhaseChanged(Phase.LISTENING),
)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "LATE_SPEECH_S", 0.05)


async def run(
    endpoint: Endpoint,
    prepared: Sequence[Prepared],
    *,
    ends_turns: bool = False,
    answer_limit_s: float = 5.0,
    announce: Callable[[Prepared], None] = lambda one: None,
) -> list[Turn]:
    microphone = FileMicrophone(pace="fast")
    log = TurnLog(asyncio.get_running_loop().time)
    asker = Asker(
        endpoint,
        microphone,
        log,
        show=lambda update, turn: None,
        fast=True,
        ends_turns=ends_turns,
        answer_limit_s=answer_limit_s,
    )
    listening = asyncio.create_task(endpoint.listen(microphone))
    try:
        await asker.ask(prepared, announce=announce)
    finally:
        await microphone.close()
        await listening
    return log.worth_telling()


async def test_spoken_turn_is_played_and_its_answer_awaited() -> None:
    endpoint = Endpoint(ANSWER)
    (turn,) = await run(endpoint, [SPEECH])
    assert endpoint.heard == ["speech"]
    assert turn.assistant_text == "Hi."


async def test_typed_turn_is_sent_and_its_answer_awaited() -> None:
    endpoint = Endpoint(ANSWER)
    (turn,) = await run(endpoint, [Typed("Hello")])
    assert endpoint.heard == ["Hello"]
    assert (turn.user_text, turn.assistant_text) == ("Hello", "Hi.")


async def test_each_turn_waits_for_the_answer_to_the_one_before() -> None:
    endpoint = Endpoint(ANSWER)
    seen: list[int] = []
    turns = await run(
        endpoint,
        [SPEECH, Typed("Hello"), SPEECH],
        announce=lambda one: seen.append(len(endpoint.heard)),
    )
    assert seen == [0, 1, 2]
    assert [turn.assistant_text for turn in turns] == ["Hi."] * 3


async def test_silence_is_not_waited_for_longer_than_late_words_may_take() -> None:
    (turn,) = await run(Endpoint(ANSWER), [SILENCE])
    assert turn.is_empty


async def test_end_of_a_file_ends_the_turn_where_nothing_detects_it() -> None:
    endpoint = Endpoint(ANSWER)
    await run(endpoint, [SILENCE], ends_turns=True)
    assert endpoint.heard == ["commit"]


async def test_answer_that_never_comes_ends_in_one_clear_error() -> None:
    endpoint = Endpoint([PhaseChanged(Phase.THINKING)])
    with pytest.raises(RemoteError, match=r"no answer came within 0\.2 s"):
        await run(endpoint, [Typed("Hello")], answer_limit_s=0.2)


async def test_text_that_moves_nothing_ends_in_one_clear_error() -> None:
    with pytest.raises(RemoteError, match="no answer came"):
        await run(Endpoint([]), [Typed("Hello")], answer_limit_s=0.2)


async def test_lost_connection_ends_the_waiting() -> None:
    endpoint = Endpoint([PhaseChanged(Phase.THINKING)])

    def lose(one: Prepared) -> None:
        endpoint.end = LinkLost("the endpoint is gone")

    with pytest.raises(LinkLost, match="the endpoint is gone"):
        await run(endpoint, [Typed("Hello")], announce=lose)


async def test_microphone_waits_while_the_network_is_behind() -> None:
    microphone = FileMicrophone(SPEECH.pcm, pace="fast")
    patient = PatientMicrophone(microphone)
    backlogs = [2_000, 1_000, 0, 0, 0, 0, 0, 0]
    patient.waiting_ms = lambda: backlogs.pop(0)
    frames = patient.frames()
    assert any(await anext(frames))
    assert len(backlogs) == 5
    await patient.close()
    assert [frame async for frame in frames] == []


async def test_words_without_an_answer_do_not_hang() -> None:
    unanswered = (
        PhaseChanged(Phase.THINKING),
        UserTranscript("user_1", "Hm.", is_final=True),
        PhaseChanged(Phase.LISTENING),
    )
    (turn,) = await run(Endpoint(unanswered), [SPEECH])
    assert (turn.user_text, turn.assistant_text) == ("Hm.", "")


def test_length_of_a_spoken_turn_is_in_seconds() -> None:
    assert SPEECH.seconds == 0.1
