"""The green state: what must be true after every case, whatever was broken."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import threading
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from tests.chaos.fast_loop import until
from tests.chaos.numbered import check_heard, questions_in
from tests.chaos.stage import Stage
from tests.chaos.talk_items import check_history
from voice.blackbox.record_file import read_records
from voice.blackbox.replay import replay
from voice.core.updates import ErrorReported, Phase, ToolCallFinished, ToolCallStarted

SECRET = "canary"


class LogWatch(logging.Handler):
    """Keeps every record of a run, as the text that a log file would hold."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        text = record.getMessage()
        if record.exc_info and record.exc_info[0] is not None:
            text += "\n" + "".join(traceback.format_exception(*record.exc_info))
        self.lines.append(text)
        # The scripted endpoint's own library complains of what the proxy does to it.
        if record.levelno >= logging.ERROR and not record.name.startswith("websockets"):
            self.errors.append(text)

    def __enter__(self) -> LogWatch:
        """Listen to everything at DEBUG but to the endpoint's own library, which tells too much."""
        root = logging.getLogger()
        self._levels = (root.level, logging.getLogger("websockets").level)
        root.addHandler(self)
        root.setLevel(logging.DEBUG)
        logging.getLogger("websockets").setLevel(logging.INFO)
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._levels[0])
        logging.getLogger("websockets").setLevel(self._levels[1])


@dataclass
class Belongings:
    """What this process holds: to be the same before and after a run."""

    files: Counter[str] = field(default_factory=Counter)
    threads: set[str] = field(default_factory=set)

    @classmethod
    def now(cls) -> Belongings:
        """Count after everything that is garbage is gone."""
        gc.collect()
        found: Counter[str] = Counter()
        folder = Path("/proc/self/fd")
        for entry in os.listdir(folder) if folder.exists() else []:
            try:
                kind = os.readlink(folder / entry).split(":")[0]
            except OSError:
                continue  # the folder itself, which is closed by now
            found[kind] += 1
        return cls(found, {thread.name for thread in threading.enumerate()})

    def check(self, later: Belongings) -> None:
        """Check that nothing was left behind."""
        more = {kind: n - self.files[kind] for kind, n in later.files.items()}
        left = {kind: n for kind, n in more.items() if n > 0}
        assert not left, f"files left open: {left}"
        assert later.threads <= self.threads, f"threads left: {later.threads - self.threads}"


async def check_alive(stage: Stage) -> None:
    """Check that the session is idle, and that a new question is answered in time."""
    phase = stage.session.phase
    if phase is Phase.CLOSED:
        assert stage.may_end, "the session ended"
        return
    await until(lambda: stage.is_idle, f"quiet, phase {stage.session.phase.value}", limit_s=20)
    stage.hold_after(None)
    limit_s = stage.answer_limit_s + stage.upstream.deltas * stage.upstream.delta_ms / 1_000
    await stage.ask_and_hear(limit_s)
    stage.is_back()


def check_said(stage: Stage) -> None:
    """Check the conversation, what was heard of it, and what the tools did."""
    if not stage.is_garbled:
        check_heard(stage.speaker.parts(), stage.made)
    check_history(stage.history())
    if not (stage.is_garbled or stage.may_end):
        told = {number for item in stage.history() for number in questions_in(item.text)}
        missing = set(range(1, stage.questions + 1)) - told
        assert len(missing) <= stage.lost_items, f"questions that are gone: {sorted(missing)}"
    assert not stage.upstream.strict_errors, f"the endpoint refused: {stage.upstream.strict_errors}"
    started = Counter(update.call_id for update in stage.all(ToolCallStarted))
    finished = Counter(update.call_id for update in stage.all(ToolCallFinished))
    assert max(started.values(), default=0) <= 1, f"a tool was begun twice: {started}"
    assert max(finished.values(), default=0) <= 1, f"a tool ended twice: {finished}"
    shown = [update.code for update in stage.all(ErrorReported)]
    assert "conversation_already_has_active_response" not in shown


def check_quiet(stage: Stage, log: LogWatch) -> None:
    """Check that no log, update, error or recording tells a secret, and that no error is logged."""
    unexpected = [
        line for line in log.errors if not line.startswith(stage.expected_errors or ("\0",))
    ]
    assert not unexpected, f"logged as an error: {unexpected[0]}"
    shown = [*log.lines, *map(repr, stage.updates), repr(vars(stage.session))]
    for error in stage.errors:
        shown.append("".join(traceback.format_exception(error)))
    for text in shown:
        assert SECRET not in text, f"the key shows: {text[:200]}"


def check_recordings(stage: Stage) -> int:
    """Replay every recording of the run; return how many steps were the same."""
    steps = 0
    for path in stage.recordings:
        for record in read_records(path):
            told = orjson.dumps(record.data, default=str, option=orjson.OPT_NON_STR_KEYS)
            assert SECRET.encode() not in told, f"the key is in {path.name}"
            assert not any(SECRET.encode() in blob for blob in record.attachments)
        found = replay(path)
        assert found.difference is None, f"the replay differs: {found.difference}"
        assert found.is_whole, f"{path.name} has no end"
        steps += found.steps
    return steps


async def check_no_tasks(before: set[asyncio.Task[object]]) -> None:
    """Check that no task is left; what was cancelled has a moment to end."""
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    if left:
        _, left = await asyncio.wait(left, timeout=2)
    assert not left, f"tasks left: {sorted(task.get_name() for task in left)}"
