import numpy as np

from voice.audio import recording
from voice.audio.recording import Take, Tape, laid_out

MS = 24


def sound(ms, value=1):
    return np.full(ms * MS, value, np.int16)


def test_what_follows_on_joins_the_take_before_it():
    tape = Tape()
    tape.add(5.0, sound(100))
    tape.add(5.1, sound(50))
    tape.add(5.5, sound(10))
    tape.add(5.6, np.zeros(0, np.int16))
    assert [(take.start_s, take.pcm.size) for take in tape.takes()] == [
        (5.0, 150 * MS),
        (5.5, 10 * MS),
    ]


def test_a_tape_ends_after_its_length(monkeypatch):
    monkeypatch.setattr(recording, "LONGEST_TAPE_SAMPLES", 100 * MS)
    tape = Tape()
    tape.add(0.0, sound(80))
    tape.add(1.0, sound(80))
    tape.add(2.0, sound(80))
    assert [take.pcm.size for take in tape.takes()] == [80 * MS, 20 * MS]
    assert laid_out(tape.takes(), 0.0).size == 80 * MS


def test_takes_stand_at_their_times():
    track = laid_out([Take(10.1, sound(20, 1)), Take(10.2, sound(20, 2))], 10.0)
    expected = [sound(100, 0), sound(20, 1), sound(80, 0), sound(20, 2)]
    assert np.array_equal(track, np.concatenate(expected))


def test_what_came_before_the_origin_is_left_out():
    track = laid_out([Take(9.9, sound(50, 1)), Take(9.98, sound(50, 2))], 10.0)
    assert np.array_equal(track, sound(30, 2))


def test_overlapping_takes_follow_one_another():
    track = laid_out([Take(0.0, sound(50, 1)), Take(0.02, sound(50, 2))], 0.0)
    assert np.array_equal(track, np.concatenate([sound(50, 1), sound(50, 2)]))
