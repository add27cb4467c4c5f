"""What every command does first and last: settings, logging, one line for a failure."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from voice.errors import SettingsError, VoiceError

if TYPE_CHECKING:
    from rich.console import Console

    from voice.settings import Settings

logger = logging.getLogger(__name__)

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""

_MAX_MESSAGE = 2_000


@dataclass(frozen=True, slots=True)
class Flags:
    """What every command takes: the settings file, single settings, and whether to tell all."""

    config: Path | None = None
    assignments: tuple[str, ...] = ()
    is_debug: bool = False
    overrides: dict[str, object] = field(default_factory=dict)
    """Settings that the command has flags of its own for; None is not given."""


def prepare(flags: Flags) -> Settings:
    """Read the settings and set up logging as they say.

    Raises SettingsError.
    """
    from voice.logs import setup_logging
    from voice.settings import load_settings

    # A flag that was not given must not undo what --set says of the same setting.
    given = {name: value for name, value in flags.overrides.items() if value is not None}
    overrides = {**_assigned(flags.assignments), **given}
    if flags.is_debug:
        # As a setting, so that the server in the child process tells all as well.
        overrides["log.level"] = "debug"
    settings = load_settings(flags.config, overrides=overrides)
    setup_logging(
        settings.log.level,
        file=settings.log.file,
        secrets=settings.secret_values(),
        form=settings.log.format,
    )
    return settings


def run(work: Coroutine[Any, Any, int]) -> int:
    """Run a command's coroutine and return its exit status.

    Ctrl-C cancels it, so that it cleans up.
    """
    return asyncio.run(work)


def guarded(work: Callable[[], int | None], *, is_debug: bool) -> int:
    """Return the exit status of ``work``; whatever it raises becomes one line on stderr."""
    try:
        status = work() or 0
        # Here and not at the interpreter's exit, where a full disk could no longer be told.
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has left, which need not be told
        _drop_output()
        return 1
    except VoiceError as error:
        if is_debug:
            logger.exception("the command failed")
        complain(str(error))
        return error.exit_code
    except OSError as error:
        if is_debug:
            logger.exception("the command failed")
        _drop_output()
        where = f" ({error.filename})" if error.filename else ""
        complain(f"the system refused it: {error.strerror or type(error).__name__}{where}")
        return 1
    except Exception as error:
        # Typer's usage errors have a message of their own; their class differs by version.
        usage = getattr(error, "format_message", None)
        if callable(usage):
            complain(f"{usage()} (see --help)")
            return int(getattr(error, "exit_code", 2))
        return _unexpected(error, is_debug=is_debug)


def complain(message: str) -> None:
    """Print an error as one line, or one for each of its lines.

    An endpoint's own words may be in it, so what looks like a key is masked.
    """
    from voice.logs import redact

    for line in redact(message[:_MAX_MESSAGE]).splitlines() or [""]:
        print(f"voice: error: {line}", file=sys.stderr)


def _drop_output() -> None:
    """Drop what standard output cannot take, lest the exit tries again and tells a second time."""
    try:
        sys.stdout.flush()
    except (AttributeError, OSError, ValueError):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            number = sys.stdout.fileno()
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, number)
            os.close(nothing)


def console_for(stream: TextIO) -> Console:
    """Return a console on ``stream``: coloured in a terminal, plain elsewhere."""
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False)


def _assigned(assignments: tuple[str, ...]) -> dict[str, object]:
    overrides: dict[str, object] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals or "." not in key:
            raise SettingsError(
                f"--set: expected SECTION.NAME=VALUE such as session.voice=heart, got {key!r}"
            )
        overrides[key.strip()] = value
    return overrides


def _unexpected(error: Exception, *, is_debug: bool) -> int:
    from voice.logs import redact

    if is_debug:
        trace = "".join(traceback.format_exception(error))
        print(redact(trace), file=sys.stderr, end="")
    told = redact(" ".join(f"{type(error).__name__}: {error}".split()))
    complain(f"unexpected {told}; this is a bug of ours (--debug shows where)")
    return 1
