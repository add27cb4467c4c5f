import sys

import numpy as np
import pytest

from voice.engines.offline_brain.vectors import Vectors
from voice.errors import EngineError


def test_meaning_weighs_more_than_grammar(vectors):
    assert vectors.word("timer")[1] == 1.0
    assert vectors.word("the")[1] < 0.2


def test_near_words_have_near_vectors(vectors):
    def near(one, other):
        return float(vectors.word(one)[0] @ vectors.word(other)[0])

    assert near("remove", "delete") > 0.5 > near("remove", "weather")
    assert near("rain", "weather") > near("rain", "timer")


def test_vectors_have_length_one_and_nothing_has_length_zero(vectors):
    assert np.linalg.norm(vectors.sentence(["set", "a", "timer"])) == pytest.approx(1, abs=1e-5)
    assert not vectors.sentence([]).any()
    assert vectors.words([])[0].shape == (0, vectors.dimension)


def test_a_missing_package_names_the_mend(monkeypatch):
    monkeypatch.setitem(sys.modules, "wordllama", None)

    with pytest.raises(EngineError, match="pip install"):
        Vectors.load()
