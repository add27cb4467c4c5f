"""How much of what is said at home the brain does, and how seldom it does another thing."""

from __future__ import annotations

import pytest

from benchmarks.understanding import measure, shares
from tests.engines.offline_brain.said_at_home import HELD, WORKED_ON


@pytest.mark.parametrize(("wishes", "least"), [(WORKED_ON, 0.95), (HELD, 0.76)])
async def test_most_of_what_is_said_at_home_is_done(wishes, least):
    right, wrong = shares(await measure(wishes, [said for said, _, _ in wishes]))

    assert right >= least
    assert wrong <= 0.02
