"""The options that several commands share, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice.ui.command import Flags, prepare

if TYPE_CHECKING:
    from voice.settings import Settings

Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings file instead of the one found."),
]
Assign = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="One setting, e.g. session.voice=heart."),
]
Debug = Annotated[bool, typer.Option("--debug", help="Log everything; show tracebacks.")]
Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="Realtime endpoint; without it, our own server."),
]
Model = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="Model to ask the endpoint for.")
]
Watch = Annotated[
    bool, typer.Option("--watch", help="Load changed files of the tool folder again.")
]
NoTools = Annotated[bool, typer.Option("--no-tools", help="Offer the endpoint no tools.")]
Plain = Annotated[
    bool,
    typer.Option("--plain", help="Print lines, each complete by itself; suits screen readers."),
]
Record = Annotated[
    Path | None,
    typer.Option("--record", metavar="FILE", help="Write the session's black box to this file."),
]
Brain = Annotated[
    str | None,
    typer.Option(
        "--brain", metavar="KIND", help="Our own server's brain: offline, openai or anthropic."
    ),
]
BrainModel = Annotated[
    str | None, typer.Option("--brain-model", metavar="NAME", help="The model of that brain.")
]


def execute(work: Callable[[Settings], int], flags: Flags) -> None:
    """Do the work of a command with its settings, and end with the exit status that it returns."""
    raise typer.Exit(work(prepare(flags)))


def shared_flags(
    config: Path | None,
    assign: list[str] | None,
    debug: bool,
    overrides: dict[str, object] | None = None,
) -> Flags:
    """Return the options that all commands share."""
    return Flags(config, tuple(assign or ()), debug, overrides or {})
