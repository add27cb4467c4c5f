"""Tries brain, ears and mouth where they are somebody else's: one word, one sentence, their times.

What the mouth says is given to the ears, so that a voice of the wrong rate or language is noticed
too. No text that is returned holds a key.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from difflib import SequenceMatcher

import numpy as np

from voice.audio.wire import decode_wire
from voice.brains import load_brain
from voice.client.probe import Step
from voice.client.probe_talk import Outcome, since_ms
from voice.engines.ports import (
    EAR_RATE_HZ,
    Brain,
    BrainMessage,
    BrainRequest,
    Pcm,
    Stt,
    TextDelta,
    Tts,
)
from voice.engines.smart_turn import OFF, SmartTurn, find_turn_model
from voice.engines.smart_turn_net import GET_IT, SmartTurnNet
from voice.engines.speech import SpeechEngines, load_speech
from voice.errors import EngineError
from voice.model_offers import configured_places, model_offer
from voice.protocol.formats import PCM16
from voice.remote_stages import remote_stt, remote_tts
from voice.settings import Settings

SENTENCE = "The quick brown fox jumps over the lazy dog."
LIMIT_S = 30.0
LIKE = 0.6
"""How like the sentence what was heard must be; other languages' voices read it oddly."""


async def check_stages(settings: Settings) -> AsyncGenerator[Step, None]:
    """Yield the steps of every stage that is not built in, and of the turn-end model if one is set.

    None where there is neither. Never raises.
    """
    if settings.session.turn_model != OFF:
        yield await _checked_turn_model(settings.session.turn_model)
    if settings.brain.kind != "offline":
        yield await _checked_brain(settings)
    is_spoken, is_heard = settings.tts.engine == "openai", settings.stt.engine == "openai"
    if is_spoken or is_heard:
        async with aclosing(_checked_speech(settings, is_spoken, is_heard)) as steps:
            async for step in steps:
                yield step
    for place in configured_places(settings):
        if place.name == "endpoint":
            continue  # The probe of the endpoint has told of its models.
        started = time.perf_counter()
        offer = await model_offer(place)
        name = f"{place.name} models"
        if offer.problem:
            told = (Outcome.WARNING, offer.problem, offer.mend)
        elif offer.advice:
            mend = f"set {place.name}.model to one of those that voice models lists"
            told = (Outcome.WARNING, offer.advice, mend)
        else:
            told = (Outcome.OK, f"{len(offer.models)} offered", "")
        yield Step(name, told[0], told[1], since_ms(started), told[2])


async def _checked_turn_model(setting: str) -> Step:
    """Load the turn-end model and time a call of it."""
    name, started = "turn model", time.perf_counter()
    alone = "turns end by silence and words alone"
    try:
        path = find_turn_model(setting)
        if path is None:
            detail = f"no pipecat-ai with a model is installed; {alone}"
            return Step(name, Outcome.SKIPPED, detail, None, GET_IT)
        net = await asyncio.to_thread(SmartTurnNet, path)
        model = SmartTurn(net.probability, path.stem)
        try:
            async with asyncio.timeout(LIMIT_S):
                call_ms = await model.time_call_ms()
        finally:
            model.close()
    except (EngineError, TimeoutError) as error:
        return _failed(name, error, started)
    if call_ms > model.limit_ms:
        detail = f"{path.name}: {call_ms} ms a call, later than the {model.limit_ms} ms it may take"
        mend = f'set session.turn_model = "off": here {alone}'
        return Step(name, Outcome.WARNING, detail, since_ms(started), mend)
    return Step(name, Outcome.OK, f"{path.name}: {call_ms} ms a call", since_ms(started))


async def _checked_brain(settings: Settings) -> Step:
    started = time.perf_counter()
    try:
        brain = await load_brain(settings.brain)
        try:
            async with asyncio.timeout(LIMIT_S):
                return await _one_word(brain)
        finally:
            await brain.close()
    except (EngineError, TimeoutError) as error:
        return _failed("brain", error, started)


async def _one_word(brain: Brain) -> Step:
    started = time.perf_counter()
    message = BrainMessage("user", "Answer with the one word: hello")
    request = BrainRequest("You are being tested. Be brief.", (message,), tool_choice="none")
    first_ms: int | None = None
    words = ""
    answer = brain.respond(request)
    try:
        async for delta in answer:
            if isinstance(delta, TextDelta) and len(words) < 1_000:
                first_ms = since_ms(started) if first_ms is None else first_ms
                words += delta.text
    finally:
        if isinstance(answer, AsyncGenerator):
            await answer.aclose()
    if first_ms is None:
        detail = f"{brain.name} answered without a word"
        return Step("brain", Outcome.WARNING, detail, since_ms(started), "try another model")
    shown = " ".join(words.split())[:40]
    detail = f"{brain.name}: first word after {first_ms} ms: {shown!r}"
    return Step("brain", Outcome.OK, detail, since_ms(started))


async def _checked_speech(
    settings: Settings, is_spoken: bool, is_heard: bool
) -> AsyncGenerator[Step, None]:
    """Speak with the remote mouth, or ours for remote ears, and hear it with those that are set."""
    try:
        local = await asyncio.to_thread(load_speech)
    except EngineError as error:
        yield Step("speech", Outcome.FAILED, str(error), None, "see the message")
        return
    try:
        async with _chosen(settings, local, is_spoken, is_heard) as (stt, tts):
            async with aclosing(_spoken_and_heard(stt, tts, is_spoken, is_heard)) as steps:
                async for step in steps:
                    yield step
    finally:
        local.close()


@contextlib.asynccontextmanager
async def _chosen(
    settings: Settings, local: SpeechEngines, is_spoken: bool, is_heard: bool
) -> AsyncIterator[tuple[Stt, Tts]]:
    """Yield the stages without their fallbacks, which would hide what is wrong."""
    async with contextlib.AsyncExitStack() as stack:
        stt: Stt = local.stt
        tts: Tts = local.tts
        if is_heard:
            heard = await remote_stt(settings.stt)
            stack.push_async_callback(heard.aclose)
            stt = heard
        if is_spoken:
            spoken = await remote_tts(settings.tts)
            stack.push_async_callback(spoken.aclose)
            tts = spoken
        yield stt, tts


async def _spoken_and_heard(
    stt: Stt, tts: Tts, is_spoken: bool, is_heard: bool
) -> AsyncGenerator[Step, None]:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(LIMIT_S):
            pcm, first_ms = await _said(tts)
    except (EngineError, TimeoutError) as error:
        yield _failed("tts", error, started)
        if is_heard:
            yield Step("stt", Outcome.SKIPPED, "there was nothing for it to hear")
        return
    if is_spoken:
        length_s = pcm.size / tts.rate_hz
        detail = f"voice {tts.voices[0]}: first sound after {first_ms} ms, {length_s:.1f} s in all"
        yield Step("tts", Outcome.OK, detail, since_ms(started))
    started = time.perf_counter()
    audio = pcm.astype("<i2").tobytes()
    try:
        async with asyncio.timeout(LIMIT_S):
            at_ear_rate = await asyncio.to_thread(decode_wire, audio, PCM16, EAR_RATE_HZ)
            text = (await stt.transcribe(at_ear_rate, language="en")).text
    except (EngineError, TimeoutError) as error:
        yield _failed("stt", error, started)
        return
    yield _judged(text, since_ms(started), is_spoken, is_heard)


async def _said(tts: Tts) -> tuple[Pcm, int]:
    started = time.perf_counter()
    first_ms = 0
    made: list[Pcm] = []
    async for chunk in tts.speak(SENTENCE):
        first_ms = first_ms or since_ms(started)
        made.append(chunk.pcm)
    return np.concatenate(made) if made else np.zeros(0, np.int16), first_ms


def _judged(text: str, took_ms: int, is_spoken: bool, is_heard: bool) -> Step:
    name = "stt" if is_heard else "tts heard"
    likeness = SequenceMatcher(None, _folded(SENTENCE), _folded(text)).ratio()
    shown = f"a test sentence was heard as {' '.join(text.split())[:60]!r}"
    if likeness >= LIKE:
        return Step(name, Outcome.OK, shown, took_ms)
    mend = "check stt.model and stt.language" if is_heard else "check tts.voice and tts.model"
    if is_heard and is_spoken:
        mend = "listen to tts.voice, and check stt.model and stt.language"
    return Step(name, Outcome.WARNING, shown, took_ms, mend)


def _folded(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _failed(name: str, error: Exception, started: float) -> Step:
    """Return a failed step; our engines' messages hold their mend behind a semicolon."""
    told = str(error) or f"there was no answer within {LIMIT_S:g} s"
    cause, _, mend = told.partition("; ")
    return Step(name, Outcome.FAILED, cause, since_ms(started), mend or "see the message")
