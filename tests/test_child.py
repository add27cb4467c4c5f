import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from voice.child import running_child
from voice.errors import EngineError, SettingsError

Program = Callable[[str], str]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Write a module whose ``main`` has the given body, importable by a child."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(body: str) -> str:
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        head = "import json, os, sys, time\n\ndef main():\n"
        (tmp_path / "child_program.py").write_text(head + lines + "\n")
        return "child_program"

    return write


READY = 'print(json.dumps({"ready": sys.stdin.readline().strip()}), flush=True)'
UNTIL_END = "sys.stdin.read()"


async def test_child_gets_its_orders_and_reports_ready(program: Program) -> None:
    module = program(f"{READY}\n{UNTIL_END}")
    async with running_child(module, b"some orders", name="child") as child:
        assert child.ready == "some orders"


async def test_child_ends_by_itself_when_the_block_ends(program: Program, tmp_path: Path) -> None:
    mark = tmp_path / "ended"
    module = program(f"{READY}\n{UNTIL_END}\nopen({str(mark)!r}, 'w').close()")
    async with running_child(module, b"", name="child") as child:
        assert not mark.exists()
    assert mark.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


async def test_orders_are_in_no_argument_list_and_no_environment(program: Program) -> None:
    module = program(
        "orders = sys.stdin.readline().strip()\n"
        "seen = orders in ' '.join(sys.orig_argv) or orders in ' '.join(os.environ.values())\n"
        "print(json.dumps({'ready': 'seen' if seen else 'secret'}), flush=True)"
    )
    async with running_child(module, b"a-one-time-token", name="child") as child:
        assert child.ready == "secret"


async def test_settings_error_of_the_child_is_raised_as_one(program: Program) -> None:
    error = {"error": {"kind": "settings", "message": "the port is taken"}}
    module = program(f"print({str(error)!r}.replace(chr(39), chr(34)), flush=True)")
    with pytest.raises(SettingsError, match="^the port is taken$"):
        async with running_child(module, b"", name="child"):
            raise AssertionError("the child was never ready")


async def test_child_that_dies_early_is_told_with_its_last_words(program: Program) -> None:
    module = program("raise RuntimeError('no model here')")
    with pytest.raises(EngineError, match=r"ended before it was ready \(exit status 1\): .*no mod"):
        async with running_child(module, b"", name="child"):
            raise AssertionError("the child was never ready")


async def test_last_words_hold_no_secret(program: Program) -> None:
    module = program("sys.exit('refused: Authorization: Bearer abcdef123456')")
    with pytest.raises(EngineError) as caught:
        async with running_child(module, b"", name="child"):
            raise AssertionError("the child was never ready")
    assert "abcdef123456" not in str(caught.value)


async def test_child_that_is_never_ready_is_ended_at_the_limit(program: Program) -> None:
    module = program(UNTIL_END)
    with pytest.raises(EngineError, match=r"not ready after 0\.3 s"):
        async with running_child(module, b"", name="child", limit_s=0.3):
            raise AssertionError("the child was never ready")


async def test_child_that_answers_nonsense_is_refused(program: Program) -> None:
    module = program("print('hello', flush=True)")
    with pytest.raises(EngineError, match="something else"):
        async with running_child(module, b"", name="child"):
            raise AssertionError("the child was never ready")


async def test_unexpected_end_is_reported_with_status_and_words(program: Program) -> None:
    module = program(f"{READY}\nsys.exit('out of memory')")
    async with running_child(module, b"", name="child") as child:
        async with asyncio.timeout(10):
            error = await child.wait_ended()
    assert "ended unexpectedly (exit status 1): out of memory" in str(error)


async def test_child_that_ignores_the_end_is_terminated(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice.child.STOP_LIMIT_S", 0.2)
    module = program(f"{READY}\ntime.sleep(60)")
    async with asyncio.timeout(10):
        async with running_child(module, b"", name="child") as child:
            pass
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


async def test_endless_line_on_standard_error_does_no_harm(program: Program) -> None:
    module = program(f"sys.stderr.write('x' * 1_000_000)\n{READY}\n{UNTIL_END}")
    async with running_child(module, b"ok", name="child") as child:
        assert child.ready == "ok"


async def test_folder_named_voice_in_the_working_directory_does_not_win(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "voice").mkdir(parents=True)
    (elsewhere / "voice" / "__init__.py").write_text("raise SystemExit('the wrong voice')")
    monkeypatch.chdir(elsewhere)
    module = program("import voice.errors\nprint(json.dumps({'ready': 'ok'}), flush=True)")
    async with running_child(module, b"", name="child") as child:
        assert child.ready == "ok"


def test_child_ends_when_its_parent_is_killed(program: Program, tmp_path: Path) -> None:
    mark = tmp_path / "ended"
    module = program(f"{READY}\n{UNTIL_END}\nopen({str(mark)!r}, 'w').close()")
    parent = (
        "import asyncio, os, sys\n"
        f"sys.path[:] = {sys.path!r}\n"
        "from voice.child import running_child\n"
        "async def main():\n"
        f"    async with running_child({module!r}, b'', name='child'):\n"
        "        os._exit(9)\n"
        "asyncio.run(main())\n"
    )
    # The child holds the parent's stderr pipe until it ends: run() returns when both are gone.
    ended = subprocess.run(
        [sys.executable, "-c", parent], check=False, timeout=15, stderr=subprocess.PIPE
    )
    assert ended.returncode == 9
    for _ in range(100):
        if mark.exists():
            break
        subprocess.run([sys.executable, "-c", ""], check=True, timeout=5)
    assert mark.exists()
