"""One session after another: the server is left as it was before (FAULTS R01)."""

import pytest

from tests.server.soak import Soak

SESSIONS = 120
WARM_UP = 40


@pytest.mark.timeout(20)
async def test_sessions_in_turn_leave_nothing_behind():
    async with Soak() as soak:
        await soak.take(WARM_UP)
        before = soak.measure()
        await soak.take(SESSIONS)
        after = soak.measure()
    assert after.tasks == before.tasks
    assert after.sessions == before.sessions == 0
    assert after.files == before.files
    assert after.objects <= before.objects * 1.01
