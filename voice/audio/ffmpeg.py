"""The program ffmpeg on foreign audio, with fixed rules: what strangers upload must harm nobody.

It is called by its absolute path, told the demuxer (so that no playlist or script is ever guessed),
may open nothing but its own pipes, writes no file but a bounded scratch one, and has a limit of
time and, on Linux, of memory. Its whole environment is a place for that scratch file.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from voice.audio.pcm import Pcm, from_bytes
from voice.errors import AudioFileError

logger = logging.getLogger(__name__)

MEMORY_BYTES = 1 << 30
"""Address space of one ffmpeg; it needs 0.2 GB on Debian 12."""

SCRATCH_BYTES = 64 << 20
"""Largest file that it may write: the copy of an MP4 whose table of contents comes last."""

DECODE_LIMIT_S = 60.0
"""An hour of MP3 takes 3 s of one core."""

WAIT_LIMIT_S = 10.0
"""For the end of a process that has been killed, or that has closed its output."""

ENCODE_STALL_S = 30.0
"""Longest wait for an encoder to take a stretch of audio; a reader that stalls ends sooner."""

_READ_BYTES = 16_384

ENCODERS: Final[dict[str, tuple[str, ...]]] = {
    "mp3": ("-c:a", "libmp3lame", "-b:a", "64k", "-f", "mp3"),
    "opus": ("-c:a", "libopus", "-b:a", "32k", "-f", "ogg"),
    "aac": ("-c:a", "aac", "-b:a", "64k", "-f", "adts"),
    "flac": ("-c:a", "flac", "-f", "flac"),
}
"""What each compressed format asks of ffmpeg; speech is mono."""

_PLAIN = ("-hide_banner", "-loglevel", "error", "-threads", "1")


def find_ffmpeg() -> str | None:
    """Return the absolute path of ffmpeg; None where there is none."""
    found = shutil.which("ffmpeg")
    # A relative hit comes from a relative folder in PATH: whose program that is, nobody knows.
    return found if found is not None and Path(found).is_absolute() else None


def demuxer_of(head: bytes) -> str | None:
    """Return the demuxer for a file that starts with ``head`` (16 bytes); None for other kinds."""
    if head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "mp3"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "aac"
    if head[4:8] == b"ftyp":
        return "mov"
    starts = {b"OggS": "ogg", b"fLaC": "flac", b"\x1aE\xdf\xa3": "matroska"}
    return next((name for start, name in starts.items() if head.startswith(start)), None)


async def decode(data: bytes, demuxer: str, *, rate_hz: int, longest_s: float) -> Pcm:
    """Return the first sound track as int16 samples, mono, at most ``longest_s`` of it.

    Raises AudioFileError where there is no ffmpeg, where it cannot read the data, and where it
    takes too long.
    """
    # An MP4's table of contents may come last, so that one needs a copy it can seek in.
    source = "cache:pipe:0" if demuxer == "mov" else "pipe:0"
    arguments = (
        *("-protocol_whitelist", "pipe,cache" if demuxer == "mov" else "pipe"),
        *("-f", demuxer, "-i", source, "-map", "0:a:0", "-vn", "-sn", "-dn"),
        *("-t", f"{longest_s:g}", "-ac", "1", "-ar", str(rate_hz), "-f", "s16le", "pipe:1"),
    )
    async with _running(arguments, stderr=PIPE) as process:
        try:
            async with asyncio.timeout(DECODE_LIMIT_S):
                samples, complaint = await process.communicate(data)
        except TimeoutError as error:
            raise AudioFileError(
                f"decoding took longer than {DECODE_LIMIT_S:g} seconds; send a WAV file"
            ) from error
    if process.returncode != 0 and not samples:
        logger.info("ffmpeg refused %d bytes of %s: %s", len(data), demuxer, _last(complaint))
        raise AudioFileError(f"damaged, or without sound: not readable as {demuxer}")
    return from_bytes(samples[: len(samples) // 2 * 2])


async def encode(
    chunks: AsyncIterator[bytes], audio_format: str, *, rate_hz: int
) -> AsyncGenerator[bytes, None]:
    """Yield PCM16 mono ``chunks`` as a compressed stream while they come.

    ``audio_format`` is a key of ``ENCODERS``. Closing the iterator ends the process. Raises
    AudioFileError where there is no ffmpeg or it fails; what ``chunks`` raises comes through.
    """
    arguments = (
        *("-protocol_whitelist", "pipe", "-f", "s16le", "-ar", str(rate_hz), "-ac", "1"),
        *("-i", "pipe:0", *ENCODERS[audio_format], "-flush_packets", "1", "pipe:1"),
    )
    async with _running(arguments, stderr=DEVNULL) as process:
        assert process.stdout is not None
        writer = asyncio.create_task(_write(process, chunks))
        try:
            while data := await process.stdout.read(_READ_BYTES):
                yield data
            await writer
            async with asyncio.timeout(WAIT_LIMIT_S):
                status = await process.wait()
            if status != 0:
                raise AudioFileError(f"ffmpeg failed to write {audio_format} (status {status})")
        finally:
            writer.cancel()
            await asyncio.wait({writer})
            if not writer.cancelled():
                writer.exception()  # raised above already, or of no interest any more


async def _write(process: Process, chunks: AsyncIterator[bytes]) -> None:
    """Give ffmpeg the audio; it sees the end of its input however this ends."""
    assert process.stdin is not None
    try:
        async for chunk in chunks:
            process.stdin.write(chunk)
            async with asyncio.timeout(ENCODE_STALL_S):
                await process.stdin.drain()
    except TimeoutError as error:
        raise AudioFileError("ffmpeg takes no audio any more") from error
    except (BrokenPipeError, ConnectionResetError):
        pass  # its exit status tells
    finally:
        process.stdin.close()


@contextlib.asynccontextmanager
async def _running(arguments: Sequence[str], *, stderr: int) -> AsyncIterator[Process]:
    """Run ffmpeg within its limits for the length of the block, and never longer."""
    program = find_ffmpeg()
    if program is None:
        raise AudioFileError("this needs the program ffmpeg, which is not installed")
    process = await asyncio.create_subprocess_exec(
        *(program, *_PLAIN, *arguments),
        stdin=PIPE,
        stdout=PIPE,
        stderr=stderr,
        env={"TMPDIR": tempfile.gettempdir()},
        cwd=tempfile.gettempdir(),
    )
    _limit(process.pid)
    try:
        yield process
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await asyncio.shield(_reap(process))


async def _reap(process: Process) -> None:
    """Wait for the end, so that no zombie and no open pipe is left."""
    try:
        async with asyncio.timeout(WAIT_LIMIT_S):
            if process.stdin is not None:
                process.stdin.close()
            if process.stdout is not None:
                # A pipe that is not read to its end is never closed; what is in it is small.
                await process.stdout.read()
            await process.wait()
    except TimeoutError:
        logger.error("ffmpeg %d does not end although it was killed", process.pid)


def _limit(pid: int) -> None:
    """Bound the memory, files and processor time of a process that has just begun."""
    if sys.platform == "linux":
        import resource

        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (SCRATCH_BYTES, SCRATCH_BYTES))
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))


def _last(complaint: bytes | None) -> str:
    """Return the last line of what ffmpeg said, short and printable: for the log."""
    lines = (complaint or b"").decode("utf-8", "replace").strip().splitlines()
    return "".join(c for c in (lines[-1] if lines else "")[:200] if c.isprintable())
