import numpy as np

from voice.engines.offline_brain.alignment import EMPTY_SLOT, Aligner, Span
from voice.engines.offline_brain.templates import Slot


def align(words, template, spans=()):
    """Align with identity as the only kinship and a weight of 1 for every word."""
    literals = [e for e in template if isinstance(e, str)]
    same = [[float(word == literal) for literal in literals] for word in words]
    similarities = np.array(same, np.float32).reshape(len(words), len(literals))
    ones = [1.0] * len(literals)
    aligner = Aligner([1.0] * len(words), lambda _name: spans)
    return aligner.align(template, similarities, ones, ones)


def test_the_same_words_cost_nothing():
    made = align(["set", "a", "timer"], ("set", "a", "timer"))

    assert made.cost == 0
    assert [(i, k) for i, k, _ in made.matches] == [(0, 0), (1, 1), (2, 2)]
    assert made.skipped == ()


def test_words_too_many_and_too_few_cost_their_weight():
    made = align(["set", "loud", "timer"], ("set", "a", "timer"))

    assert made.cost == 2
    assert made.skipped == (1,)


def test_a_slot_takes_the_words_between():
    words = ["add", "brown", "bread", "please", "list"]
    made = align(words, ("add", Slot("item"), "list"), [Span(1, 3, 0.2), Span(1, 4, 0.9)])

    assert made.slots == {"item": (1, 4)}
    assert made.cost == np.float64(0.9)


def test_a_slot_may_stay_empty():
    made = align(["add", "list"], ("add", Slot("item"), "list"))

    assert made.slots == {}
    assert made.cost == EMPTY_SLOT


def test_nothing_said_misses_everything():
    made = align([], ("set", Slot("x")))

    assert made.cost == 1 + EMPTY_SLOT
    assert made.matches == ()
