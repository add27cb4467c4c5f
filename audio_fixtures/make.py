"""Makes the clips anew: ``python -m audio_fixtures.make [--from-sources FOLDER]``.

Synthetic clips and noise are made from ``recipes.py``; seeds make them come out the same
on the same kind of processor and library versions. What differs from the manifest is named. The
recorded clips are only checked, unless the unpacked source distributions are given.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio_fixtures import FOLDER, Fixture, load_manifest
from audio_fixtures.noise import office
from audio_fixtures.recipes import HIBARI, RECORDED, SPOKEN, Recorded, Spoken
from voice.audio.wav import write_wav
from voice.engines.tts import HibariTts

Pcm = NDArray[np.int16]
Span = tuple[int, int]

SEED = 20260
RATE_HZ = 24_000
LEAD_MS = 250
TAIL_MS = 250
OURS = "Apache-2.0, as this project"

_FRAME_MS = 5
_LOUD = 100
"""Peak of a frame that counts as speech in clean synthetic clips: -50 dBFS."""


def main() -> int:
    """Make or check every clip and write the manifest; return 1 when something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from-sources", type=Path, help="folder of unpacked source distributions")
    sources: Path | None = parser.parse_args().from_sources
    before = load_manifest() if (FOLDER / "manifest.json").is_file() else {}
    entries = [*_synthetic(), *_generated(), *_recorded(sources)]
    differing = [e["name"] for e in entries if _changed(e, before)]
    text = json.dumps(entries, indent=1, ensure_ascii=False) + "\n"
    (FOLDER / "manifest.json").write_text(text, encoding="utf-8")
    print(f"{len(entries)} clips, {len(differing)} differ from the manifest before")
    for name in differing:
        print(f"  {name}: not as before (new recipe, library or kind of processor)")
    return 1 if differing else 0


def _changed(entry: Fixture, before: dict[str, Fixture]) -> bool:
    known = before.get(entry["name"])
    return known is None or known["sha256"] != entry["sha256"]


def _synthetic() -> Iterator[Fixture]:
    tts = HibariTts(seed=SEED)
    try:
        for index, recipe in enumerate(SPOKEN):
            pcm, spans = asyncio.run(_speak(tts, recipe))
            if recipe.gain_db:
                pcm = np.rint(pcm * 10 ** (recipe.gain_db / 20)).astype(np.int16)
            if recipe.office_noise_db is not None:
                pcm = _with_noise(pcm, spans, recipe.office_noise_db, SEED + index)
            write_wav(FOLDER / f"{recipe.name}.wav", pcm, RATE_HZ)
            yield _entry(recipe.name, "synthetic", recipe.transcript, spans, HIBARI, OURS)
    finally:
        tts.close()


async def _speak(tts: HibariTts, recipe: Spoken) -> tuple[Pcm, list[Span]]:
    """Return the clip and where speech is, with silence of known length around and between."""
    pieces: list[Pcm] = [_silence(LEAD_MS)]
    spans: list[Span] = []
    at_ms = LEAD_MS
    for part in recipe.parts:
        if isinstance(part, int):
            pieces.append(_silence(part))
            at_ms += part
            continue
        chunks = [chunk.pcm async for chunk in tts.speak(part, speed=recipe.speed)]
        speech = _trimmed(np.concatenate(chunks))
        length_ms = speech.size * 1000 // RATE_HZ
        pieces.append(speech)
        spans.append((at_ms, at_ms + length_ms))
        at_ms += length_ms
    return np.concatenate([*pieces, _silence(TAIL_MS)]), spans


def _trimmed(pcm: Pcm) -> Pcm:
    """Cut to the first and last audible frame of 5 ms, so that spans are whole milliseconds."""
    size = _FRAME_MS * RATE_HZ // 1000
    frames = np.abs(pcm[: pcm.size // size * size].astype(np.int32)).reshape(-1, size)
    loud = np.flatnonzero(frames.max(axis=1) > _LOUD)
    return pcm[int(loud[0]) * size : (int(loud[-1]) + 1) * size]


def _silence(ms: int) -> Pcm:
    return np.zeros(ms * RATE_HZ // 1000, np.int16)


def _with_noise(pcm: Pcm, spans: list[Span], ratio_db: float, seed: int) -> Pcm:
    """Add office noise at ``ratio_db`` under the level of the speech."""
    speech = np.concatenate([pcm[a * RATE_HZ // 1000 : b * RATE_HZ // 1000] for a, b in spans])
    level = np.sqrt(np.mean(speech.astype(np.float64) ** 2)) / 10 ** (ratio_db / 20)
    noisy = pcm + office(pcm.size, RATE_HZ, seed) * level
    return np.asarray(np.rint(np.clip(noisy, -32768, 32767)), np.int16)


def _generated() -> Iterator[Fixture]:
    write_wav(FOLDER / "silence.wav", _silence(2000), RATE_HZ)
    yield _entry("silence", "generated", "", [], "zeros", OURS)
    noise = office(3 * RATE_HZ, RATE_HZ, SEED) * 600.0
    write_wav(FOLDER / "noise.wav", np.rint(noise).astype(np.int16), RATE_HZ)
    yield _entry("noise", "generated", "", [], "audio_fixtures/noise.py, seeded", OURS)


def _recorded(sources: Path | None) -> Iterator[Fixture]:
    for recipe in RECORDED:
        target = FOLDER / f"{recipe.name}.wav"
        if sources is not None:
            _copy(sources, recipe, target)
        spans = _measured_spans(target)
        yield _entry(
            recipe.name, "recorded", recipe.transcript, spans, recipe.source, recipe.licence
        )


def _copy(sources: Path, recipe: Recorded, target: Path) -> None:
    """Copy one clip; raw ones (16 kHz, 16 bits) get a header, and no sample is touched."""
    (found,) = sources.glob(f"*/{recipe.path}")
    if found.suffix == ".raw":
        write_wav(target, np.fromfile(found, "<i2").astype(np.int16), 16_000)
        return
    pcm, rate_hz = _read(found)
    write_wav(target, pcm, rate_hz)


def _read(path: Path) -> tuple[Pcm, int]:
    with wave.open(str(path), "rb") as file:
        data = file.readframes(file.getnframes())
        return np.frombuffer(data, "<i2").astype(np.int16), file.getframerate()


def _measured_spans(path: Path) -> list[Span]:
    """Return one span from the first to the last 10 ms that stand out of the clip's own noise.

    The level is smoothed over 50 ms, so that a click or a breath makes no speech.
    """
    pcm, rate_hz = _read(path)
    size = 10 * rate_hz // 1000
    frames = pcm[: pcm.size // size * size].astype(np.float64).reshape(-1, size)
    level = np.sqrt(np.mean(frames * frames, axis=1))
    level = np.convolve(level, np.ones(5) / 5, "same")
    floor, loud = np.percentile(level, (5, 95))
    stands_out = np.flatnonzero(level > max(3 * floor, 0.08 * loud))
    return [(int(stands_out[0]) * 10, (int(stands_out[-1]) + 1) * 10)]


def _entry(
    name: str, kind: str, transcript: str, spans: list[Span], source: str, licence: str
) -> Fixture:
    path = FOLDER / f"{name}.wav"
    pcm, rate_hz = _read(path)
    return {
        "name": name,
        "kind": kind,
        "transcript": transcript,
        "speech_spans_ms": spans,
        "duration_ms": pcm.size * 1000 // rate_hz,
        "rate_hz": rate_hz,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "source": source,
        "licence": licence,
    }


if __name__ == "__main__":
    raise SystemExit(main())
