"""Speaks the pieces of one answer: audio, the text that sounds in it, and when each word has.

The text of a word is fed shortly before its sound and never long before it, so that what is on a
screen, or in the memory of an interrupted conversation, stays near to what can be heard.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable

from voice.audio.wire import WireEncoder
from voice.core import server_messages as msg
from voice.engines.estimated_words import SLOWEST_CHARS_PER_S
from voice.engines.fair_line import Urgency
from voice.engines.ports import SpeechChunk, SpokenDelta, SpokenWord, Tts
from voice.engines.threads import urgency_of_calls
from voice.protocol.formats import AudioFormat
from voice.server.speakable import Piece

DELTA_MS = 200
"""Longest stretch of audio in one event.

9.6 kB of PCM16, small beside every client's frame limit.
"""

TEXT_LEAD_MS = 1_000
"""Text is fed for the words that begin within this much of the audio to come."""

SHORT_LEAD_S = 1.0
"""With less speech in hand than this a listener may soon hear a gap."""

LONG_LEAD_S = 15.0
"""With more in hand than this an answer makes way for everybody. Nobody else waiting, it is made as
fast as it can be, as upstream does: many clients play nothing before ``response.done``."""


_WHOLE_WORD = re.compile(r"\s*\S+(?=\s)")


def urgency_at(lead_s: float) -> Urgency:
    """How urgent more speech is when this much of it was sent ahead of the time of its playing."""
    if lead_s < SHORT_LEAD_S:
        return Urgency.WAITED_FOR
    return Urgency.AHEAD if lead_s < LONG_LEAD_S else Urgency.UNHURRIED


class Mouth:
    """Synthesises pieces one after another and keeps the clock of the spoken part."""

    def __init__(
        self,
        start: msg.StartResponse,
        audio_format: AudioFormat,
        tts: Tts,
        feed: Callable[[msg.ServerInput], None],
    ) -> None:
        """Speak with ``tts`` in the wire's ``audio_format``; everything made goes to ``feed``."""
        self._start = start
        self._format = audio_format
        self._tts = tts
        self._feed = feed
        self._first_s = 0.0
        self._all_ms = 0
        self._captions = _Captions()
        self._made_samples = 0
        self._sent_bytes = 0
        self._own: _OwnVoice | None = None

    def play(self, spoken: SpokenDelta) -> None:
        """Feed speech that the brain made itself, and the words that have surely sounded in it."""
        if self._own is None:
            self._own = _OwnVoice(spoken.rate_hz, self._format, self._made_ms)
        own = self._own
        own.text += spoken.text
        audio = own.encoder.encode(spoken.pcm)
        samples = len(spoken.pcm) * self._tts.rate_hz // own.rate_hz
        self._made_samples += samples
        self._all_ms += 1_000 * samples // self._tts.rate_hz
        self._send(audio, own.sounded(self._made_ms))

    def finish_playing(self) -> None:
        """Feed the rest of the brain's own speech; nothing where there was none."""
        if self._own is not None:
            self._send(self._own.encoder.flush(), self._own.rest(self._made_ms))
            self._say_text(self._captions.all())
            self._own = None

    def begin_part(self) -> None:
        """Start the clock anew: a call stands between what was said and what comes."""
        self._captions = _Captions()
        self._made_samples = self._sent_bytes = 0

    async def say(self, piece: Piece) -> None:
        """Feed the piece's audio, before it its text, and with it the words that end in it."""
        words = _TokenClock(piece, self._made_ms)
        if piece.spoken:
            encoder = WireEncoder(self._tts.rate_hz, self._format)
            chunks = self._tts.speak(piece.spoken, voice=self._start.voice, speed=self._start.speed)
            while (chunk := await self._next(chunks)) is not None:
                self._send(encoder.encode(chunk.pcm), words.advance(chunk.words))
                self._made_samples += len(chunk.pcm)
                self._all_ms += 1_000 * len(chunk.pcm) // self._tts.rate_hz
            self._send(encoder.flush(), ())
        rest = words.rest(self._made_ms)
        self._captions.add(rest)
        self._say_text(self._captions.all())
        if rest:
            self._feed(msg.SpeechMade(self._start.response_id, b"", rest))

    @property
    def _made_ms(self) -> int:
        """Length of the part so far, rounded up: a word is rather reported late than early."""
        return -(-self._made_samples * 1_000 // self._tts.rate_hz)

    async def _next(self, chunks: AsyncIterator[SpeechChunk]) -> SpeechChunk | None:
        """Make more speech, the less urgently the more of it a listener has in hand."""
        now_s = asyncio.get_running_loop().time()
        if not self._all_ms:
            self._first_s = now_s
        lead_s = self._all_ms / 1_000 - (now_s - self._first_s)
        with urgency_of_calls(urgency_at(lead_s)):
            return await anext(chunks, None)

    def _send(self, audio: bytes, words: tuple[msg.TimedText, ...]) -> None:
        if not audio and not words:
            return
        self._captions.add(words)
        step = self._format.ms_to_bytes(DELTA_MS)
        for offset in range(0, max(1, len(audio)), step):
            self._say_text(self._captions.due(self._format.bytes_to_ms(self._sent_bytes)))
            stretch = audio[offset : offset + step]
            # Words ride on the first stretch: their times are what counts, not where they travel.
            self._feed(msg.SpeechMade(self._start.response_id, stretch, words))
            self._sent_bytes += len(stretch)
            words = ()

    def _say_text(self, text: str) -> None:
        if text:
            self._feed(msg.SpeechBegun(self._start.response_id, text))


class _Captions:
    """The words whose sound is made and whose text was not fed yet."""

    def __init__(self) -> None:
        self._words: deque[msg.TimedText] = deque()  # bounded: by one piece
        self._begins_ms = 0

    def add(self, words: tuple[msg.TimedText, ...]) -> None:
        """Take more words, each beginning where the one before it ends."""
        self._words.extend(words)

    def due(self, sent_ms: int) -> str:
        """Return the text to feed when so much audio was sent; "" while the next word can wait."""
        if not self._words or self._begins_ms > sent_ms + DELTA_MS:
            return ""
        text = ""
        while self._words and self._begins_ms <= sent_ms + TEXT_LEAD_MS:
            text += self._take()
        return text

    def all(self) -> str:
        """Return the text of everything that is left."""
        text = ""
        while self._words:
            text += self._take()
        return text

    def _take(self) -> str:
        word = self._words.popleft()
        self._begins_ms = max(self._begins_ms, word.end_ms)
        return word.text


class _OwnVoice:
    """The words of speech that the brain made: it does not say when each has sounded.

    They are taken as spoken more slowly than nearly all speech is, so that none is reported before
    its sound; what is left at the end has sounded with it.
    """

    def __init__(self, rate_hz: int, audio_format: AudioFormat, begins_ms: int) -> None:
        self.rate_hz = rate_hz
        self.encoder = WireEncoder(rate_hz, audio_format)
        self.text = ""
        self._end_ms = begins_ms

    def sounded(self, made_ms: int) -> tuple[msg.TimedText, ...]:
        """Return the whole words that even a slow speaker has said in so much audio."""
        words = []
        while (word := _WHOLE_WORD.match(self.text)) is not None:
            end_ms = self._end_ms + round(1_000 * len(word[0]) / SLOWEST_CHARS_PER_S)
            if end_ms > made_ms:
                break
            self._end_ms = end_ms
            self.text = self.text[word.end() :]
            words.append(msg.TimedText(word[0], end_ms))
        return tuple(words)

    def rest(self, made_ms: int) -> tuple[msg.TimedText, ...]:
        """Return what is left."""
        text, self.text = self.text, ""
        return (msg.TimedText(text, made_ms),) if text else ()


class _TokenClock:
    """Maps the synthesiser's words back to the source words of a piece."""

    def __init__(self, piece: Piece, offset_ms: int) -> None:
        self._offset_ms = offset_ms
        self._tokens = [(token.source, len(token.spoken.split())) for token in piece.tokens]
        self._next = 0
        self._missing = self._tokens[0][1] if self._tokens else 0
        self._last_ms = offset_ms

    def advance(self, words: tuple[SpokenWord, ...]) -> tuple[msg.TimedText, ...]:
        """Return the source words that have wholly sounded with these spoken ones."""
        timed: list[msg.TimedText] = []
        for word in words:
            timed += self._silent_tokens()
            if self._next >= len(self._tokens):
                break
            self._last_ms = self._offset_ms + word.end_ms
            self._missing -= 1
            if self._missing <= 0:
                timed.append(self._take())
        timed += self._silent_tokens()
        return tuple(timed)

    def rest(self, end_ms: int) -> tuple[msg.TimedText, ...]:
        """Return what was never reported, as ending with the piece."""
        self._last_ms = max(self._last_ms, end_ms)
        timed = []
        while self._next < len(self._tokens):
            timed.append(self._take())
        return tuple(timed)

    def _silent_tokens(self) -> list[msg.TimedText]:
        timed = []
        while self._next < len(self._tokens) and self._missing <= 0:
            timed.append(self._take())
        return timed

    def _take(self) -> msg.TimedText:
        source = self._tokens[self._next][0]
        self._next += 1
        if self._next < len(self._tokens):
            self._missing = self._tokens[self._next][1]
        return msg.TimedText(source, self._last_ms)
