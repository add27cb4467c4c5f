"""Samples waiting for a sound card, and which of them a person has heard.

The event loop fills the queue, the card's thread empties it; all is at 24 kHz. The card says when
each block that it takes will sound; only samples whose time has passed count as heard (DESIGN §6).
What is cut fades within 5 ms, and what comes late is bridged by a jitter buffer.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

from voice.audio.fades import Fader, settled
from voice.audio.heard import HeardRun, PartKey
from voice.audio.jitter import JitterBuffer
from voice.audio.levels import Meter
from voice.audio.pcm import Pcm, from_bytes, to_bytes
from voice.audio.ports import RATE_HZ
from voice.audio.reference import Reference
from voice.protocol.playback import HeardPart

LONGEST_QUEUE_SAMPLES = 600 * RATE_HZ
"""Ten minutes: no answer is longer, and an endpoint that never stops must not eat the memory."""

LOW_S = 0.06
"""With less than this waiting, the end of the run may be near."""

_NOTHING: Pcm = np.zeros(0, np.int16)


@dataclass(frozen=True, slots=True)
class PlayoutStats:
    """What went wrong so far, and what is done against it.

    ``underruns`` counts the times that a part ran dry and then went on, ``silence_ms`` is the
    silence heard meanwhile, ``dropped_ms`` is audio that did not fit into the queue, ``target_ms``
    how much of an answer is waited for before it sounds.
    """

    underruns: int = 0
    silence_ms: int = 0
    dropped_ms: int = 0
    target_ms: int = 0


def likely_dac_time(dac_s: float, now_s: float, latency_s: float) -> float:
    """Return when a block will sound, mistrusting a driver that reports nonsense.

    Some drivers report 0, the past, or a time that never comes. Then the stream's latency is
    doubled: rather late than early, as claiming speech that nobody heard is the worse lie.
    """
    return dac_s if _is_plausible(dac_s, now_s) else now_s + 2.0 * latency_s


def earliest_dac_time(dac_s: float, now_s: float) -> float:
    """Return the same for the echo canceller: rather early, as no echo comes before its cause."""
    return dac_s if _is_plausible(dac_s, now_s) else now_s


def _is_plausible(dac_s: float, now_s: float) -> bool:
    return now_s <= dac_s <= now_s + 2.0


class Playout:
    """The queue between the event loop, which fills it, and the card's thread, which empties it.

    ``take`` is the card's, all else the loop's. Each holds the one lock for microseconds.
    """

    def __init__(self, *, reference: Reference | None = None, meter: Meter | None = None) -> None:
        """Begin empty; ``reference`` and ``meter`` are told all that will sound."""
        self.gain = 1.0
        """The volume, 0 to 1, a factor of the amplitude; changes take one block."""
        self._reference = reference
        self._meter = meter
        self._lock = threading.Lock()
        self._run = HeardRun()
        self._jitter = JitterBuffer()
        self._chunks: deque[Pcm] = deque()  # bounded: push drops above the longest queue
        self._fader = Fader()
        self._coda = _NOTHING
        """What still fades of sound that was cut; nobody counts it."""
        self._last_key: PartKey | None = None
        self._last_sample = 0
        self._is_sounding = False
        self._is_paused = False
        self._is_low = True
        self._is_hole = False
        self._silent = 0
        self._applied_gain = 1.0
        self._underruns = 0
        self._silence = 0
        self._dropped = 0

    @property
    def stats(self) -> PlayoutStats:
        """What went wrong so far."""
        return PlayoutStats(
            underruns=self._underruns,
            silence_ms=self._silence * 1000 // RATE_HZ,
            dropped_ms=self._dropped * 1000 // RATE_HZ,
            target_ms=self._jitter.target_ms,
        )

    def push(self, item_id: str, content_index: int, pcm: bytes) -> None:
        """Queue PCM16 samples at 24 kHz; what does not fit any more is dropped and counted.

        Raises ValueError when the bytes do not fill whole samples.
        """
        samples = from_bytes(pcm)
        if samples.size == 0:
            return
        key = (item_id, content_index)
        with self._lock:
            room = LONGEST_QUEUE_SAMPLES - self._run.waiting if self._run.has_room else 0
            kept = samples[: max(0, room)]
            self._dropped += samples.size - kept.size
            if kept.size == 0:
                return
            if not self._chunks and self._silent:
                self._end_silence(is_hole=key == self._last_key)
            elif key == self._last_key:
                self._jitter.arrived(self._run.waiting)
            self._last_key = key
            self._run.queue(key, kept.size)
            self._chunks.append(kept)
            self._is_low = False

    def _end_silence(self, *, is_hole: bool) -> None:
        """Note that sound follows: a hole, if it belongs to what sounded before."""
        self._is_hole = is_hole
        if is_hole:
            self._underruns += 1
            self._jitter.underrun(self._silent)
            self._fader.level = 0
        else:
            self._silent = 0

    def take(
        self, count: int, now_s: float, dac_s: float, earliest_s: float | None = None
    ) -> tuple[bytes, bool]:
        """Return the next ``count`` samples as PCM16, silence where nothing is to sound.

        They will sound from ``dac_s`` on; where that is a guess ``earliest_s`` is the other one, at
        which they are in the reference. The flag is True once when little is left: the loop has
        to see to the end then.
        """
        was_sounding = self._is_sounding
        with self._lock:
            pcm = self._next(count, now_s, dac_s)
            runs_low = not self._is_low and self._run.waiting < LOW_S * RATE_HZ
            self._is_low = self._is_low or runs_low
        pcm = self._at_volume(pcm, at_once=not was_sounding)
        if self._reference is not None:
            self._reference.push(dac_s if earliest_s is None else earliest_s, pcm)
        if self._meter is not None:
            self._meter.push(pcm)
        return to_bytes(pcm), runs_low

    def _next(self, count: int, now_s: float, dac_s: float) -> Pcm:
        """Return the next samples, faded, and book them."""
        if count == 0:
            return _NOTHING
        begin = min(count, self._coda.size)
        coda, self._coda = self._coda[:begin], self._coda[begin:]
        room = count - begin
        may_sound = self._is_paused or self._jitter.may_sound(self._run.waiting, room)
        most = min(room, self._fader.level) if self._is_paused else room
        taken = self._pop(most if may_sound else 0)
        sound = self._fader.fall(taken) if self._is_paused else self._fader.rise(taken)
        if taken.size:
            self._run.take(taken, now_s, dac_s + begin / RATE_HZ)
            self._jitter.sounded(taken.size)
            self._silence += self._silent if self._is_hole else 0
            self._silent = 0
            self._is_hole = False
            self._last_sample = int(sound[-1])
        out = np.concatenate([coda, sound, np.zeros(room - sound.size, np.int16)])
        self._is_sounding = self._is_sounding or taken.size > 0
        if sound.size < room:
            self._fall_silent(out, begin + sound.size)
        return out

    def _fall_silent(self, out: Pcm, begin: int) -> None:
        """Let the rest of a block be silent, with a fade where sound ends without one."""
        was_sounding, self._is_sounding = self._is_sounding, False
        if was_sounding and self._fader.level:
            # Nothing is left that could be faded: the last sample is let down to zero.
            fade = settled(self._last_sample)
            room = out.size - begin
            out[begin : begin + fade.size] = fade[:room]
            self._coda = fade[room:]
        if self._is_paused:
            self._fader.level = 0
            return
        self._silent += out.size - begin
        if not self._chunks:
            self._jitter.refill()

    def _pop(self, count: int) -> Pcm:
        """Take at most so many samples off the queue."""
        pieces: list[Pcm] = []
        while count and self._chunks:
            piece = self._chunks[0][:count]
            if piece.size == self._chunks[0].size:
                self._chunks.popleft()
            else:
                self._chunks[0] = self._chunks[0][count:]
            pieces.append(piece)
            count -= piece.size
        if len(pieces) == 1:
            return pieces[0]
        return np.concatenate(pieces) if pieces else _NOTHING

    def _at_volume(self, pcm: Pcm, *, at_once: bool) -> Pcm:
        gain, before = self.gain, self._applied_gain
        self._applied_gain = gain
        if gain == 1.0 and (at_once or before == 1.0):
            return pcm
        gains = np.linspace(gain if at_once else before, gain, pcm.size, dtype=np.float32)
        return np.asarray(np.rint(pcm * gains), np.int16)

    def pause(self) -> None:
        """Fall silent with a fade, and keep everything that the card has not taken. Idempotent."""
        with self._lock:
            if not self._is_paused:
                self._is_paused = True
                if not self._is_sounding:
                    self._fader.level = 0

    def resume(self) -> None:
        """Let the card go on from the next sample, with a fade. Idempotent."""
        with self._lock:
            self._is_paused = False

    @property
    def is_paused(self) -> bool:
        """Whether everything that waits is held back."""
        return self._is_paused

    def waiting_s(self) -> float:
        """Return how much sound the card has not taken yet."""
        with self._lock:
            return self._run.waiting / RATE_HZ

    def heard(self, now_s: float) -> list[HeardPart]:
        """Return the heard time of every part of this run, in the order of their first samples."""
        with self._lock:
            return self._run.parts(now_s)

    def flush(self) -> list[HeardPart]:
        """Fade out, drop the rest, end the run and a pause, and return what is heard of each part.

        That includes what the card has taken and not let sound yet: nothing calls it back, so it
        will have been heard when the speaker is silent.
        """
        with self._lock:
            tail = self._pop(self._fader.level if self._is_sounding else 0)
            if self._is_sounding:
                fade = self._fader.fall(tail)
                last = int(fade[-1]) if fade.size else self._last_sample
                rest = settled(last) if self._fader.level else _NOTHING
                self._coda = np.concatenate([fade, rest])
            heard = self._run.end(tail=tail.size)
            self._chunks.clear()
            self._fader = Fader()
            self._jitter.refill()
            self._last_key = None
            self._is_sounding = False
            self._is_paused = False
            self._is_hole = False
            self._is_low = True
        return heard

    def remaining_s(self, now_s: float) -> float | None:
        """Return about how long the last sample of the run is from being heard; 0 when it was.

        None where there is no run. A pause is not reckoned with.
        """
        with self._lock:
            return self._run.remaining_s(now_s)

    def end_run(self) -> None:
        """Take note that the whole run was heard."""
        with self._lock:
            self._run.end()

    def lose(self, now_s: float) -> None:
        """Take note that the card has gone: what it took and did not let sound waits again.

        ``now_s`` is the last known time of its stream, which must not run any more. The next card,
        whose times may begin anew, goes on from there.
        """
        with self._lock:
            self._chunks.extendleft(reversed(self._run.take_back(now_s)))
            self._coda = _NOTHING
            self._is_sounding = False
            self._is_low = not self._chunks
            self._fader.level = 0 if self._chunks else self._fader.level
            self._jitter.refill()
