"""Each case of the fault matrix, once; ``make chaos`` runs them all with twenty seeds."""

from __future__ import annotations

import sys

import pytest

from tests.chaos.all_cases import CASES, NAMES, NOT_YET
from tests.chaos.cases import ALONE, Case
from tests.chaos.certificates import HAS_OPENSSL
from tests.chaos.kernel import why_not
from tests.chaos.matrix import run_one

SEED = 1

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and files as Linux has")


LONG = {"N13-kernel", "N15-kernel", *ALONE}
"""What takes ten seconds and more: ``make chaos`` alone runs it."""


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.id not in LONG], ids=lambda case: case.id
)
def test_the_conversation_survives(case: Case) -> None:
    if case.name in ("N20", "N23") and not HAS_OPENSSL:
        pytest.skip("openssl is not here to make certificates")
    if case.backend == "kernel" and (reason := why_not(case.name)):
        pytest.skip(reason)
    outcome = run_one(case.id, SEED)
    assert not outcome.problem, outcome.problem


def test_every_case_of_the_matrix_has_its_place() -> None:
    told = {case.name for case in (*CASES, *NOT_YET)}
    assert told == set(NAMES)
