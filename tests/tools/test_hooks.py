"""What tools do beside their calls."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tools import ToolContext, ToolError, tool
from tools.hooks import Hooks
from tools.testing import make_context
from tools.threads import ThreadRunner


@pytest.fixture
def hooks(tmp_path: Path) -> Hooks:
    return Hooks(ThreadRunner(1), make_context(tmp_path))


async def test_the_hooks_of_a_name_begin_their_work_once(hooks: Hooks) -> None:
    ran: list[str] = []

    @tool
    def kept() -> None: ...

    @kept.on_start
    def watch(context: ToolContext) -> None:
        ran.append("watch")

    await hooks.start([kept])
    await hooks.start([kept])

    assert ran == ["watch"]
    assert hooks.has_started("kept")


async def test_a_hook_that_gave_up_is_run_again(
    hooks: Hooks, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[str] = []

    @tool
    def kept() -> None: ...

    @kept.on_start
    def watch(context: ToolContext) -> None:
        ran.append("watch")
        if len(ran) == 1:
            raise ToolError("The folder is away.")

    with caplog.at_level(logging.WARNING):
        await hooks.start([kept])
    assert not hooks.has_started("kept")
    await hooks.start([kept])

    assert ran == ["watch", "watch"]
    assert hooks.has_started("kept")
    assert "a hook of kept could not do its work: The folder is away." in caplog.text


async def test_a_hook_that_fails_is_logged_without_what_it_held(
    hooks: Hooks, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "tangerine"

    def fail(context: ToolContext) -> None:
        raise RuntimeError(secret)

    with caplog.at_level(logging.ERROR):
        assert not await hooks.run("kept", fail)

    assert "a hook of kept failed" in caplog.text
    assert secret not in caplog.text


async def test_a_tool_says_why_its_job_cannot_begin(hooks: Hooks) -> None:
    @tool(background=True)
    def draw() -> None: ...

    assert await hooks.refusal(draw) is None

    @draw.on_begin
    def need_a_key(context: ToolContext) -> None:
        raise ToolError("There is no key.")

    refusal = await hooks.refusal(draw)
    assert refusal is not None
    assert refusal.is_error
    assert "There is no key." in refusal.output
