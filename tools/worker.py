"""The process in which heavy tools run: one JSON line in, one JSON line out.

Started by ``tools.processes`` as ``python -m tools.worker``. Nothing is unpickled: a call names a
module and a tool, and the arguments are the text that the model wrote.
"""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import IO, Any, TypeAlias

from tools.arguments import parse_arguments
from tools.definition import Tool
from tools.errors import ArgumentsError, ToolError
from tools.failure import report_failure
from tools.loading import load_file, tools_in
from tools.output import OutputError, render_output

Loaded: TypeAlias = dict[str, Tool[..., Any]]
FileState: TypeAlias = tuple[int, int]


def main() -> None:
    """Answer calls until standard input ends."""
    calls, answers = _private_streams()
    loaded: dict[tuple[str, str | None], tuple[FileState, Loaded]] = {}
    process = os.getpid()
    for line in calls:
        answer = _answer(json.loads(line), loaded)
        if os.getpid() != process:
            os._exit(0)  # A fork that came back from its tool: its parent answers.
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _private_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Take the pipes away from the tools: a ``print`` in a tool must not spoil an answer."""
    calls = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    return calls, answers


def _answer(
    call: dict[str, Any], loaded: dict[tuple[str, str | None], tuple[FileState, Loaded]]
) -> dict[str, str]:
    """Run one call; the single key of the answer says what came of it."""
    arguments: dict[str, Any] = {}
    try:
        key = (call["module"], call["file"])
        state = _state(call["file"])
        if key not in loaded or loaded[key][0] != state:
            loaded[key] = state, _load(*key)
        tool = loaded[key][1][call["name"]]
        arguments = parse_arguments(tool.name, call["arguments"], tool.signature)
        return {"output": render_output(tool.function(**arguments))}
    except ToolError as error:
        return {"tool_error": str(error)}
    except ArgumentsError as error:
        return {"arguments_error": str(error)}
    except OutputError as error:
        return {"output_error": str(error)}
    except BaseException as error:
        return {"failed": report_failure(error, arguments)}


def _state(file: str | None) -> FileState:
    """Return what changes when a file does; a tool's file may be edited while this runs."""
    if file is None:
        return (0, 0)
    found = os.stat(file)
    return found.st_mtime_ns, found.st_size


def _load(module: str, file: str | None) -> Loaded:
    """Import a module by name, or by file where its name means nothing in this process."""
    if file is not None:
        found = load_file(Path(file))
    else:
        found = importlib.import_module(module)
    return {tool.name: tool for tool in tools_in(found)}


if __name__ == "__main__":
    main()
