from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path


async def test_the_worker_answers_line_by_line_and_ends_with_its_input() -> None:
    heavy = str(Path(__file__).with_name("heavy_tools.py"))
    calls = [
        {"module": "x", "file": heavy, "name": "square", "arguments": '{"value": 7}'},
        {"module": "x", "file": heavy, "name": "absent", "arguments": "{}"},
        {"module": "x", "file": heavy + ".none", "name": "square", "arguments": "{}"},
        {"module": "no_such_module", "file": None, "name": "square", "arguments": "{}"},
    ]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tools.worker",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip

    out, _ = await asyncio.wait_for(
        process.communicate("".join(json.dumps(call) + "\n" for call in calls).encode()), 15
    )

    answers = [json.loads(line) for line in out.splitlines()]
    assert json.loads(answers[0]["output"])["square"] == 49
    assert [list(answer) for answer in answers[1:]] == [["failed"], ["failed"], ["failed"]]
    assert process.returncode == 0
