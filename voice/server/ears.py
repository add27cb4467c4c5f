"""One connection's ears: appended audio → 16 kHz → speech probabilities, in order.

Engines never run on the event loop; this task waits for them and feeds the core. Audio that comes
faster than it can be scored waits in a bounded line, and then the reader of the socket waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TypeAlias

from voice.audio.wire import WireDecoder, decode_wire
from voice.core import server_messages as msg
from voice.engines.fair_line import Urgency
from voice.engines.ports import EAR_RATE_HZ, TURN_SOUND_MS, Pcm, Stt, TurnEnd, TurnSound, Vad
from voice.engines.threads import urgency_of_calls
from voice.errors import EngineError
from voice.protocol.formats import AudioFormat
from voice.server.failures import outline
from voice.server.limits import EARS_BYTES

logger = logging.getLogger(__name__)

MAX_WAITING = 512
"""Appends in the line before the socket is no longer read: 10 s of 20 ms chunks."""

TRANSCRIPTION_LIMIT_S = 30.0
"""Longest time for one transcription; the slowest measured takes a tenth of its audio's length."""

Feed: TypeAlias = Callable[[msg.ServerInput], None]


class Ears:
    """Scores one stream of audio; ``run`` is a task of the connection."""

    def __init__(self, vad: Vad, audio_format: AudioFormat, feed: Feed) -> None:
        self._stream = vad.open()
        self._frame_samples = vad.frame_samples
        self._feed = feed
        self._line: asyncio.Queue[msg.ScoreSpeech | msg.ResetSpeech]
        self._line = asyncio.Queue(maxsize=MAX_WAITING * 2)
        self._decoder = WireDecoder(audio_format, EAR_RATE_HZ)
        self._base_ms = 0
        self._samples = 0
        self._waiting_bytes = 0

    def hear(self, action: msg.ScoreSpeech | msg.ResetSpeech) -> None:
        """Put audio, or a change of the stream, in the line."""
        self._line.put_nowait(action)
        if isinstance(action, msg.ScoreSpeech):
            self._waiting_bytes += len(action.audio)

    async def catch_up(self) -> None:
        """Wait until the line is short enough to read on from the socket."""
        while self._line.qsize() >= MAX_WAITING or self._waiting_bytes > EARS_BYTES:
            await self._line.join()

    async def run(self) -> None:
        """Score for ever, in order."""
        while True:
            action = await self._line.get()
            try:
                if isinstance(action, msg.ResetSpeech):
                    self._restart(action)
                else:
                    self._waiting_bytes -= len(action.audio)
                    await self._score(self._decoder.decode(action.audio))
            finally:
                self._line.task_done()

    def _restart(self, reset: msg.ResetSpeech) -> None:
        self._stream.reset()
        self._decoder = WireDecoder(reset.format, EAR_RATE_HZ)
        self._base_ms = reset.position_ms
        self._samples = 0

    async def _score(self, pcm: Pcm) -> None:
        for probability in await self._stream.score(pcm):
            self._samples += self._frame_samples
            end_ms = self._base_ms + self._samples * 1_000 // EAR_RATE_HZ
            self._feed(msg.SpeechScored(end_ms, probability))


async def transcribe(
    action: msg.Transcribe,
    stt: Stt,
    turn_end: TurnEnd,
    feed: Feed,
    turn_sound: TurnSound | None = None,
) -> None:
    """Recognise one turn and feed the words, or why there are none.

    A partial reading is made only while the recogniser is idle: no finished turn, of this session
    or another, ever waits for it. Where the turn may be over, ``turn_sound`` listens to the voice
    at the same time; neither waits for the other.
    """
    if turn_sound is None or not action.may_end:
        await _transcribe(action, stt, turn_end, feed)
        return
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_transcribe(action, stt, turn_end, feed))
        tasks.create_task(_listen_for_end(action, turn_sound, feed))


async def _transcribe(action: msg.Transcribe, stt: Stt, turn_end: TurnEnd, feed: Feed) -> None:
    if action.partial and not stt.is_idle:
        feed(msg.TranscriptionFailed(action.item_id, action.generation, "The recogniser is busy."))
        return
    try:
        text = await _words(action, stt)
    except (EngineError, TimeoutError) as error:
        problem = str(error) or "The recogniser took too long."
        feed(msg.TranscriptionFailed(action.item_id, action.generation, problem))
        return
    except Exception as error:  # an engine's own bug costs this turn, not the connection
        logger.error("the recogniser failed: %s", outline(error))
        problem = "The recogniser failed; the server's log says why."
        feed(msg.TranscriptionFailed(action.item_id, action.generation, problem))
        return
    complete = turn_end.probability(text) if text else 0.5
    feed(msg.Transcribed(action.item_id, action.generation, text, complete))


async def _listen_for_end(action: msg.Transcribe, turn_sound: TurnSound, feed: Feed) -> None:
    """Feed how the voice of a turn sounds that may be over; nothing where nobody can say."""
    try:
        audio = action.audio[-action.format.ms_to_bytes(TURN_SOUND_MS) :]
        pcm = await asyncio.to_thread(decode_wire, audio, action.format, EAR_RATE_HZ)
        finished = await turn_sound.finished(pcm)
    except Exception as error:  # an engine's own bug costs this advice, not the connection
        logger.error("the turn-end model failed: %s", outline(error))
        return
    if finished is not None:
        feed(msg.TurnSounded(action.item_id, action.generation, finished))


async def _words(action: msg.Transcribe, stt: Stt) -> str:
    urgency = Urgency.UNHURRIED if action.partial else Urgency.WAITED_FOR
    with urgency_of_calls(urgency):
        async with asyncio.timeout(TRANSCRIPTION_LIMIT_S):
            pcm = await asyncio.to_thread(decode_wire, action.audio, action.format, EAR_RATE_HZ)
            return (await stt.transcribe(pcm, language=action.language)).text
