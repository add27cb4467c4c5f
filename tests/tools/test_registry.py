from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator

from tools import DuplicateToolError, Registry, ToolContext, ToolError, ToolOutcome, tool
from tools.testing import ManualClock


def _explode(value: int) -> int:
    raise RuntimeError("a validator broke")


@tool
def add(left: int, right: int) -> dict[str, int]:
    """Add two numbers."""
    return {"sum": left + right}


@tool(speak=False)
async def echo(text: str) -> str:
    """Say it again."""
    return text


@tool
def refuse() -> None:
    """Refuse."""
    raise ToolError("The oven is not connected.")


@tool
async def refuse_async() -> None:
    """Refuse."""
    raise ToolError("The lamp is not connected.")


@tool
def fragile(value: Annotated[int, AfterValidator(_explode)]) -> int:
    """Break in the author's own validator."""
    return value


def _raiser(name: str, error: Callable[[], BaseException]) -> list[Any]:
    """Make a plain and an async tool that raise the same."""

    @tool(name=f"{name}_plain")
    def plain(word: str = "") -> str:
        raise error()

    @tool(name=f"{name}_async")
    async def coroutine(word: str = "") -> str:
        raise error()

    return [plain, coroutine]


@tool
def endless_recursion() -> str:
    """Recurse for ever."""
    return str(endless_recursion())


@tool
def ten_megabytes() -> str:
    """Return far too much."""
    return "x" * 10_000_000


@tool
def bytes_result() -> bytes:
    """Return bytes."""
    return b"abc"


@tool
def cycle() -> dict[str, Any]:
    """Return a cycle."""
    value: dict[str, Any] = {}
    value["self"] = value
    return value


@tool
def forgotten_async() -> Any:
    """Return a coroutine by mistake."""
    return echo.function("lost")


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    async with Registry(data_dir=tmp_path) as registry:
        yield registry


async def test_a_plain_tool_answers_compact_json(registry: Registry) -> None:
    registry.add(add, "test")

    outcome = await registry.call("add", '{"left": "2", "right": 3}')

    assert outcome == ToolOutcome('{"sum":5}', is_error=False, speak=True)


async def test_an_async_tool_is_awaited(registry: Registry) -> None:
    registry.add(echo, "test")

    outcome = await registry.call("echo", '{"text": "hello"}')

    assert outcome == ToolOutcome("hello", is_error=False, speak=False)


async def test_specs_and_sources_keep_the_order(registry: Registry) -> None:
    registry.add(echo, "first.py")
    registry.add(add, "second.py")

    assert [spec.name for spec in registry.specs()] == ["echo", "add"]
    assert registry.source("add") == "second.py"
    assert registry.source("none") is None


async def test_a_duplicate_names_both_sources(registry: Registry) -> None:
    registry.add(add, "one.py")

    with pytest.raises(DuplicateToolError, match=r"one\.py.*two\.py") as caught:
        registry.add(add, "two.py")
    assert caught.value.sources == ("one.py", "two.py")


async def test_an_unknown_tool_names_the_known(registry: Registry) -> None:
    registry.add(add, "test")

    outcome = await registry.call("subtract", "{}")

    assert outcome == ToolOutcome("There is no tool called 'subtract'; available: add.", True)
    assert len((await registry.call("x" * 100_000, "{}")).output) <= 800


@pytest.mark.parametrize(
    "text", ["not json", "[]", "null", '{"left": 1}', '{"a": ' * 9000, " " * 1_000_000 + "{}"]
)
async def test_bad_arguments_are_answered_shortly(registry: Registry, text: str) -> None:
    registry.add(add, "test")

    outcome = await registry.call("add", text)

    assert outcome.is_error
    assert outcome.output.startswith("The arguments of add")
    assert len(outcome.output) <= 800


@pytest.mark.parametrize(
    ("refusing", "message"),
    [(refuse, "The oven is not connected."), (refuse_async, "The lamp is not connected.")],
)
async def test_a_tool_error_is_told_word_for_word(
    registry: Registry, refusing: Any, message: str
) -> None:
    registry.add(refusing, "test")

    assert await registry.call(refusing.name, "") == ToolOutcome(message, is_error=True)


@pytest.mark.parametrize(
    "broken",
    [
        *_raiser("value", lambda: ValueError("no tangerine")),
        *_raiser("exit", lambda: SystemExit(1)),
        *_raiser("interrupt", KeyboardInterrupt),
        *_raiser("stop", StopIteration),
        *_raiser("cancelled", asyncio.CancelledError),
        *_raiser("group", lambda: BaseExceptionGroup("two", [SystemExit(), ValueError()])),
        *_raiser("closing", GeneratorExit),
        endless_recursion,
    ],
)
async def test_anything_else_is_told_as_failed_and_logged(
    registry: Registry, caplog: pytest.LogCaptureFixture, broken: Any
) -> None:
    registry.add(broken, "test")
    arguments = "" if broken is endless_recursion else json.dumps({"word": "tangerine"})

    with caplog.at_level(logging.ERROR):
        outcome = await registry.call(broken.name, arguments)

    spoken_name = broken.name.replace("_", " ")
    assert outcome == ToolOutcome(f"{spoken_name} failed because of an internal error.", True)
    assert f"tool {broken.name} failed" in caplog.text
    assert "Error: no tangerine" not in caplog.text


async def test_a_broken_validator_of_the_author_is_a_failure(registry: Registry) -> None:
    registry.add(fragile, "test")

    assert "failed" in (await registry.call("fragile", '{"value": 1}')).output


@pytest.mark.parametrize(
    ("odd", "words"),
    [(bytes_result, "bytes"), (cycle, "contains itself"), (forgotten_async, "async def")],
)
async def test_a_result_that_is_no_data_is_an_error(
    registry: Registry, odd: Any, words: str
) -> None:
    registry.add(odd, "test")

    outcome = await registry.call(odd.name, "")

    assert outcome.is_error
    assert words in outcome.output


async def test_ten_megabytes_are_cut(registry: Registry) -> None:
    registry.add(ten_megabytes, "test")

    outcome = await registry.call("ten_megabytes", "")

    assert len(outcome.output.encode()) <= 16_384
    assert not outcome.is_error


async def test_fifty_tools_that_never_return_fill_no_more_than_the_limit(tmp_path: Path) -> None:
    release = threading.Event()

    @tool(timeout_s=0.05)
    def hang() -> None:
        release.wait(15)

    async with Registry(data_dir=tmp_path, max_threads=4) as registry:
        registry.add(hang, "test")
        registry.add(echo, "test")
        before = threading.active_count()

        outcomes = await asyncio.gather(*(registry.call("hang", "") for _ in range(50)))

        late = [outcome for outcome in outcomes if "took too long" in outcome.output]
        busy = [outcome for outcome in outcomes if "still running" in outcome.output]
        assert (len(late), len(busy)) == (4, 46)
        assert threading.active_count() <= before + 4
        assert (await registry.call("echo", '{"text": "still here"}')).output == "still here"
        release.set()


async def test_a_coroutine_that_ignores_its_end_does_not_hold_the_caller(tmp_path: Path) -> None:
    is_over = threading.Event()

    @tool(timeout_s=0.05)
    async def stubborn() -> str:
        while not is_over.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)
        return "too late"

    async with Registry(data_dir=tmp_path) as registry:
        registry.add(stubborn, "test")

        outcome = await registry.call("stubborn", "")

        assert outcome.output == "stubborn took too long and was given up after 0.05 s."
        is_over.set()


async def test_cancelling_the_caller_cancels_an_async_tool(registry: Registry) -> None:
    started, ended = threading.Event(), threading.Event()

    @tool
    async def wait_long() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    registry.add(wait_long, "test")
    call = asyncio.create_task(registry.call("wait_long", ""))
    assert await asyncio.to_thread(started.wait, 5)

    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call
    assert await asyncio.to_thread(ended.wait, 5)


async def test_a_late_result_of_a_thread_is_dropped(tmp_path: Path) -> None:
    release = threading.Event()

    @tool(timeout_s=0.05)
    def slow() -> str:
        release.wait(10)
        return "late"

    async with Registry(data_dir=tmp_path, max_threads=1) as registry:
        registry.add(slow, "test")
        assert "took too long" in (await registry.call("slow", "")).output
        release.set()
        for thread in [t for t in threading.enumerate() if t.name == "tool-call"]:
            thread.join(5)

        assert (await registry.call("slow", "")).output == "late"


async def test_the_context_is_injected_and_its_services_are_closed(tmp_path: Path) -> None:
    closed: list[str] = []

    class Connection:
        def __init__(self, context: ToolContext) -> None:
            self.calls = 0

        def close(self) -> None:
            closed.append("connection")

    @tool
    def count(ctx: ToolContext) -> dict[str, Any]:
        connection = ctx.service(Connection)
        connection.calls += 1
        return {"calls": connection.calls, "folder": ctx.data_dir.is_dir()}

    async with Registry(data_dir=tmp_path / "new") as registry:
        registry.add(count, "test")
        await registry.call("count", "")
        assert (await registry.call("count", "")).output == '{"calls":2,"folder":true}'

    assert closed == ["connection"]


async def test_a_notice_reaches_the_loop_after_the_call(tmp_path: Path) -> None:
    notices: asyncio.Queue[str] = asyncio.Queue()
    clock = ManualClock()

    @tool
    def remind(ctx: ToolContext) -> str:
        ctx.schedule(60, lambda: ctx.say(" It is time. " + "x" * 5000))
        return "I will."

    async with Registry(data_dir=tmp_path, on_notice=notices.put_nowait, clock=clock) as registry:
        registry.add(remind, "test")
        assert (await registry.call("remind", "")).output == "I will."
        clock.advance(59)
        assert notices.empty()
        clock.advance(1)

        notice = await asyncio.wait_for(notices.get(), 5)

    assert notice.startswith("It is time.")
    assert len(notice) <= 1000


async def test_a_listener_that_fails_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    done = asyncio.Event()

    def broken(text: str) -> None:
        done.set()
        raise RuntimeError(text)

    @tool
    def speak_up(ctx: ToolContext) -> None:
        ctx.say("tangerine")

    with caplog.at_level(logging.ERROR):
        async with Registry(data_dir=tmp_path, on_notice=broken) as registry:
            registry.add(speak_up, "test")
            await registry.call("speak_up", "")
            await asyncio.wait_for(done.wait(), 5)

    assert "notice was lost" in caplog.text
    assert "tangerine" not in caplog.text


async def test_start_hooks_run_and_a_failing_one_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    @tool
    def kept() -> None: ...

    ran: list[Path] = []

    @kept.on_start
    def fail(context: ToolContext) -> None:
        raise RuntimeError("tangerine")

    @kept.on_start
    def remember(context: ToolContext) -> None:
        ran.append(context.data_dir)

    registry = Registry(data_dir=tmp_path)
    registry.add(kept, "test")
    with caplog.at_level(logging.ERROR):
        await registry.start()
        await registry.start()
    await registry.close()

    assert ran == [tmp_path]
    assert "a hook of kept failed" in caplog.text


async def test_a_start_hook_without_a_folder_for_its_files_is_one_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    @tool
    def kept() -> None: ...

    @kept.on_start
    def remember(context: ToolContext) -> None:
        _ = context.data_dir

    no_folder = tmp_path / "file"
    no_folder.touch()
    registry = Registry(data_dir=no_folder)
    registry.add(kept, "test")
    await registry.start()
    await registry.close()

    (record,) = caplog.records
    assert record.getMessage().startswith("a hook of kept could not do its work: I cannot keep")
    assert "\n" not in record.getMessage()


async def test_a_closed_registry_answers_politely(registry: Registry) -> None:
    registry.add(echo, "test")

    await registry.close()
    await registry.close()

    assert (await registry.call("echo", '{"text": "a"}')).is_error


async def test_a_call_starts_the_registry(tmp_path: Path) -> None:
    registry = Registry(data_dir=tmp_path)
    registry.add(echo, "test")

    assert (await registry.call("echo", '{"text": "a"}')).output == "a"
    await registry.close()
