"""Appended audio to scores and transcripts, in order."""

import asyncio
import dataclasses
import threading

import numpy as np

from tests.server.serving_kit import WAIT_S, until
from voice.core import server_messages as msg
from voice.engines.ports import EAR_RATE_HZ, TURN_SOUND_MS, Transcript
from voice.engines.scripted import (
    ScriptedStt,
    ScriptedTurnEnd,
    ScriptedTurnSound,
    ScriptedVad,
    tone,
)
from voice.engines.threads import EngineThreads
from voice.errors import EngineError
from voice.protocol.formats import PCM16, PCMU
from voice.server.ears import Ears, transcribe
from voice.server.limits import EARS_BYTES


async def heard(actions, count):
    fed = []
    ears = Ears(ScriptedVad(), PCM16, fed.append)
    for action in actions:
        ears.hear(action)
    task = asyncio.create_task(ears.run())
    await until(lambda: len(fed) >= count)
    task.cancel()
    await asyncio.wait({task})
    return fed


def score(pcm, end_ms=0):
    return msg.ScoreSpeech(pcm.tobytes(), end_ms)


async def test_positions_count_the_audio_and_not_the_clock():
    loud = tone(320, rate_hz=24_000)
    quiet = tone(320, amplitude=0, rate_hz=24_000)
    fed = await heard([score(loud), score(quiet)], 19)
    assert [step.end_ms for step in fed] == [32 * n for n in range(1, len(fed) + 1)]
    assert [step.probability for step in fed[:9]] == [1.0] * 9
    assert fed[-1].probability == 0.0


async def test_a_reset_moves_the_clock_and_changes_the_format():
    silence = bytes([0xFF]) * (8 * 320)
    fed = await heard([msg.ResetSpeech(PCMU, 5_000), msg.ScoreSpeech(silence, 5_320)], 9)
    assert fed[0] == msg.SpeechScored(5_032, 0.0)


def order(audio=b"\0\0" * 24_000):
    return msg.Transcribe("item", 3, audio, PCM16)


async def test_the_recogniser_gets_16_kilohertz_and_its_words_are_judged():
    fed, stt = [], ScriptedStt(["Stop."])
    await transcribe(order(), stt, ScriptedTurnEnd(0.8), fed.append)
    assert fed == [msg.Transcribed("item", 3, "Stop.", 0.8)]
    assert stt.heard_samples == [16_000]


async def test_no_words_say_nothing_about_the_end():
    fed = []
    await transcribe(order(), ScriptedStt(), ScriptedTurnEnd(0.8), fed.append)
    assert fed == [msg.Transcribed("item", 3, "", 0.5)]


def last_order():
    return dataclasses.replace(order(), may_end=True)


async def test_the_voice_is_listened_to_beside_the_words_where_the_turn_may_be_over():
    fed, sound = [], ScriptedTurnSound(0.2)
    await transcribe(last_order(), ScriptedStt(["Stop."]), ScriptedTurnEnd(0.8), fed.append, sound)
    assert set(fed) == {
        msg.TurnSounded("item", 3, 0.2),
        msg.Transcribed("item", 3, "Stop.", 0.8),
    }
    await transcribe(order(), ScriptedStt(["Stop."]), ScriptedTurnEnd(0.8), fed.append, sound)
    assert sound.heard_samples == [16_000]


async def test_of_a_long_turn_only_the_end_is_listened_to():
    long = dataclasses.replace(last_order(), audio=bytes(20 * 48_000))
    sound = ScriptedTurnSound(0.2)
    await transcribe(long, ScriptedStt(), ScriptedTurnEnd(0.8), [].append, sound)
    assert sound.heard_samples == [TURN_SOUND_MS * EAR_RATE_HZ // 1_000]


async def test_words_never_wait_for_a_voice_that_is_slow_to_judge():
    class Slow(ScriptedTurnSound):
        async def finished(self, pcm):
            await judged.wait()
            return 0.9

    judged, fed = asyncio.Event(), []
    stt, words = ScriptedStt(["Stop."]), ScriptedTurnEnd(0.8)
    task = asyncio.create_task(transcribe(last_order(), stt, words, fed.append, Slow()))
    await until(lambda: fed)
    assert fed == [msg.Transcribed("item", 3, "Stop.", 0.8)]
    judged.set()
    await task
    assert fed[1:] == [msg.TurnSounded("item", 3, 0.9)]


async def test_a_voice_that_nobody_can_judge_is_not_told():
    class Broken(ScriptedTurnSound):
        async def finished(self, pcm):
            raise ValueError("a bug")

    for sound in (ScriptedTurnSound(None), Broken()):
        fed = []
        stt, words = ScriptedStt(["Stop."]), ScriptedTurnEnd(0.8)
        await transcribe(last_order(), stt, words, fed.append, sound)
        assert fed == [msg.Transcribed("item", 3, "Stop.", 0.8)]


async def test_a_partial_reading_is_given_up_where_the_recogniser_is_busy():
    class Busy(ScriptedStt):
        is_idle = False

    fed, stt = [], Busy(["Stop."])
    partial = dataclasses.replace(order(), partial=True)
    await transcribe(partial, stt, ScriptedTurnEnd(), fed.append)
    assert fed == [msg.TranscriptionFailed("item", 3, "The recogniser is busy.")]
    assert stt.heard_samples == []
    await transcribe(order(), stt, ScriptedTurnEnd(0.8), fed.append)
    assert fed[1:] == [msg.Transcribed("item", 3, "Stop.", 0.8)]


class OneAtATime(ScriptedStt):
    """A recogniser of one thread, held until ``go`` is set; says in which order it read."""

    def __init__(self):
        super().__init__()
        self.threads = EngineThreads("recogniser of one thread")
        self.go = threading.Event()
        self.read = []

    async def transcribe(self, pcm, *, language=None):
        await self.threads.run(lambda: self.go.wait(WAIT_S) and self.read.append(language))
        return Transcript("Stop.")


def in_hand(stt):
    state = stt.threads.state()
    return state.waiting + state.running


async def test_the_words_of_a_finished_turn_are_taken_before_a_partial_reading():
    stt, fed = OneAtATime(), []
    async with asyncio.TaskGroup() as tasks:
        for name in ("running", "partial", "final"):
            action = dataclasses.replace(order(), language=name, partial=name == "partial")
            before = in_hand(stt)
            tasks.create_task(transcribe(action, stt, ScriptedTurnEnd(), fed.append))
            await until(lambda before=before: in_hand(stt) > before)
        stt.go.set()
    stt.threads.close()
    assert stt.read == ["running", "final", "partial"]


async def test_a_failing_recogniser_is_told_and_not_raised():
    class Deaf(ScriptedStt):
        async def transcribe(self, pcm, *, language=None):
            assert isinstance(pcm, np.ndarray)
            raise EngineError("the recogniser is busy")

    fed = []
    await transcribe(order(), Deaf(), ScriptedTurnEnd(), fed.append)
    assert fed == [msg.TranscriptionFailed("item", 3, "the recogniser is busy")]
    assert Transcript("").text == ""


async def test_more_audio_than_can_be_listened_to_makes_the_socket_wait():
    ears = Ears(ScriptedVad(), PCM16, lambda _: None)
    ears.hear(msg.ScoreSpeech(b"\0\0" * (EARS_BYTES // 2), 0))
    async with asyncio.timeout(WAIT_S):
        await ears.catch_up()
    ears.hear(msg.ScoreSpeech(b"\0\0", 0))
    waiting = asyncio.create_task(ears.catch_up())
    await asyncio.sleep(0)
    assert not waiting.done()
    task = asyncio.create_task(ears.run())
    async with asyncio.timeout(WAIT_S):
        await waiting
    task.cancel()
    await asyncio.wait({task})


async def test_a_recogniser_with_a_bug_costs_the_turn_and_not_the_connection(caplog):
    class BuggyStt(ScriptedStt):
        async def transcribe(self, pcm, *, language=None):
            raise ZeroDivisionError("what was said")

    fed = []
    action = msg.Transcribe("item_1", 3, tone(200, rate_hz=24_000).tobytes(), PCM16)
    await transcribe(action, BuggyStt(), ScriptedTurnEnd(), fed.append)
    (failed,) = fed
    assert isinstance(failed, msg.TranscriptionFailed)
    assert failed.generation == 3
    assert "ZeroDivisionError at" in caplog.text
    assert "what was said" not in caplog.text
