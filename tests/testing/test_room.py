"""The simulated room: the echo comes when, as loud and as long as was asked for."""

import asyncio

import numpy as np
import pytest

from voice.audio.pcm import rms_dbfs
from voice.testing.room import Room, RoomCard

BLOCK = 240
SILENCE = np.zeros(BLOCK, np.int16)


def white(ms: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 3_000, ms * 24).astype(np.int16)


def heard(room: Room, far: np.ndarray) -> np.ndarray:
    blocks = [far[start : start + BLOCK] for start in range(0, far.size, BLOCK)]
    return np.concatenate([room.hear(block, SILENCE) for block in blocks])


@pytest.mark.parametrize("echo_db", [-6, -12, -20])
def test_the_echo_is_as_loud_as_was_asked_for(echo_db: int) -> None:
    far = white(4_000)
    near = heard(Room(50, echo_db), far)
    assert rms_dbfs(near[24_000:]) - rms_dbfs(far) == pytest.approx(echo_db, abs=0.5)


@pytest.mark.parametrize("delay_ms", [30, 95, 150])
def test_the_echo_comes_after_its_delay(delay_ms: int) -> None:
    click = np.zeros(24_000, np.int16)
    click[0] = 30_000
    near = heard(Room(delay_ms, -6, noise_dbfs=-100), click)
    assert int(np.abs(near.astype(int)).argmax()) == delay_ms * 24


def test_the_tail_fades_within_the_reverberation_time() -> None:
    far = np.concatenate([white(1_000), np.zeros(24_000, np.int16)])
    near = heard(Room(50, -6, reverb_ms=300, noise_dbfs=-100), far)
    assert rms_dbfs(near[24 * 1_060 : 24 * 1_110]) > -45
    assert rms_dbfs(near[24 * 1_400 :]) < -80


def test_the_near_voice_comes_as_it_is_and_at_once() -> None:
    room, voice = Room(50, -6, noise_dbfs=-100), white(10)
    assert np.abs(room.hear(SILENCE, voice).astype(int) - voice).max() <= 2


def test_equal_seeds_make_equal_rooms() -> None:
    far = white(200)
    assert np.array_equal(heard(Room(seed=4), far), heard(Room(seed=4), far))
    assert not np.array_equal(heard(Room(seed=4), far), heard(Room(seed=5), far))


def test_blocks_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one length, got 240 and 480"):
        Room().hear(SILENCE, np.zeros(480, np.int16))


async def test_a_paused_answer_goes_on_from_its_next_sample() -> None:
    answer = white(500)
    card = RoomCard(Room(), length_ms=1_000, reaction_ms=20)
    card.answers(answer, at_ms=100)
    far = []
    async for captured in card.captured():
        far.append(np.frombuffer(captured.far, np.int16))
        if card.now_ms == 300:
            card.pause()
        if card.now_ms == 500:
            card.resume()
    sound = np.concatenate(far)
    assert card.paused_ms == [320]
    assert not sound[320 * 24 : 520 * 24].any()
    assert np.array_equal(
        np.concatenate([sound[2_400 : 320 * 24], sound[520 * 24 : 800 * 24]]), answer
    )


async def test_work_takes_the_time_of_the_room_and_no_other() -> None:
    card = RoomCard(Room(), length_ms=300)
    done_ms = 0

    async def work() -> None:
        nonlocal done_ms
        await card.takes(asyncio.sleep(0), 70)
        done_ms = card.now_ms

    running = None
    async for _ in card.captured():
        if card.now_ms == 100:
            running = asyncio.create_task(work())
    assert running is not None and running.done()
    assert done_ms in (170, 180)
