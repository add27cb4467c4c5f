"""``voice tools``: which tools there are, checking, writing and calling one from the shell."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import sys
import threading
from typing import TYPE_CHECKING, Any

import orjson

from voice.protocol.tool_examples import EXAMPLES_KEY
from voice.tool_surroundings import ToolSurroundings
from voice.toolbox import Toolbox, build_tools, check_tools, new_tool
from voice.ui.command import complain, console_for, run
from voice.ui.render import printable
from voice.ui.stdout import reserved_stdout

if TYPE_CHECKING:
    from voice.settings import Settings


def list_tools(settings: Settings, *, as_json: bool) -> int:
    """Print every tool with its schema; problems go to stderr."""
    with reserved_stdout() as write:
        toolbox = build_tools(settings)
        if settings.tools.mcp:
            run(_ask_servers(toolbox))
        _tell_problems(toolbox)
        rows = [_row(toolbox, spec) for spec in toolbox.specs]
        if as_json:
            options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
            write(orjson.dumps(rows, option=options))
            return 0
    for row in rows:
        _print_row(row)
    return 0


async def call_tool(settings: Settings, name: str, arguments: str) -> int:
    """Call one tool and print what a model would be told; returns 1 where the tool failed."""
    with reserved_stdout() as write:
        toolbox = build_tools(settings, on_notice=_tell, on_line=_tell, around=_Terminal())
        async with toolbox:
            _tell_problems(toolbox)
            if not toolbox.source(name):
                complain(_unknown(name, [spec.name for spec in toolbox.specs]))
                return 1
            outcome = await toolbox.call(name, arguments)
            # What it began in the background would end with this program.
            await toolbox.wait_for_jobs()
        if outcome.is_error:
            complain(outcome.output)
            return 1
        write(outcome.output.encode(errors="replace") + b"\n")
    return 0


def _unknown(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1)
    advice = f"did you mean {close[0]!r}? " if close else ""
    return f"there is no tool called {name!r}; {advice}'voice tools' lists them"


def check(settings: Settings) -> int:
    """Print what is wrong with the tools, one line each; returns 1 where anything is."""
    with reserved_stdout() as write:
        count, problems = check_tools(settings)
        for problem in problems:
            write(printable(problem).encode(errors="replace") + b"\n")
        found = f"{len(problems)} to look at" if problems else "nothing to look at"
        write(f"{count} tools, {found}\n".encode())
    return 1 if problems else 0


def new(settings: Settings, name: str) -> int:
    """Write a new tool and print what to do with it. Raises SettingsError."""
    plugin, test = new_tool(settings, name)
    with reserved_stdout() as write:
        write(f"{plugin}\n{test}\n".encode(errors="replace"))
        write(f'Try it: voice tools call {plugin.stem} --args \'{{"name": "Anna"}}\'\n'.encode())
    return 0


class _Terminal(ToolSurroundings):
    """Lets tools ask whoever called one from the shell: a question is a line, and so its answer."""

    async def ask(self, question: str) -> str | None:
        """Print the question and read a line; None where the input has ended."""
        print(f"{printable(question)} ", end="", file=sys.stderr, flush=True)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str] = loop.create_future()

        def take(line: str) -> None:
            if not answer.done():
                answer.set_result(line)

        def read() -> None:
            line = sys.stdin.readline()
            with contextlib.suppress(RuntimeError):  # The program may be over by then.
                loop.call_soon_threadsafe(take, line)

        # A daemon: a line that never comes must not keep the program from ending.
        threading.Thread(target=read, name="answer", daemon=True).start()
        return await answer or None


async def _ask_servers(toolbox: Toolbox) -> int:
    """Let the MCP servers tell their tools, and end them again; returns 0, as commands do."""
    try:
        await toolbox.connect()
    finally:
        await toolbox.disconnect()
    return 0


def _tell(line: str) -> None:
    print(printable(line), file=sys.stderr)


def _tell_problems(toolbox: Toolbox) -> None:
    for problem in toolbox.problems:
        print(f"voice: warning: tool left out: {printable(problem)}", file=sys.stderr)


def _row(toolbox: Toolbox, spec: Any) -> dict[str, Any]:
    parameters = dict(spec.parameters or {})
    examples = parameters.pop(EXAMPLES_KEY, [])
    return {
        "name": spec.name,
        "description": spec.description,
        "parameters": parameters,
        "examples": examples,
        "source": toolbox.source(spec.name),
    }


def _print_row(row: dict[str, Any]) -> None:
    from rich.text import Text

    console = console_for(sys.stdout)
    console.print(Text(row["name"], style="bold"), soft_wrap=True)
    console.print(Text(f"  {printable(row['description'])}"), soft_wrap=True)
    properties = row["parameters"].get("properties", {})
    required = row["parameters"].get("required", [])
    for name, schema in properties.items():
        shown = orjson.dumps(schema).decode()
        mark = "" if name in required else " (optional)"
        console.print(Text(f"  {name}{mark}: {shown}"), soft_wrap=True)
    for example in row["examples"]:
        console.print(Text(f'  e.g. "{example}"', style="dim"), soft_wrap=True)
    console.print(Text(f"  from {row['source']}", style="dim"), soft_wrap=True)
