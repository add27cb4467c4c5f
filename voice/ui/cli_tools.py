"""``voice tools``: its sub-commands as typer reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from voice.ui.cli_options import Assign, Config, Debug, execute, shared_flags
from voice.ui.command import run

if TYPE_CHECKING:
    from voice.settings import Settings

tools_app = typer.Typer(
    help="List the tools, check them, write one, or call one.", rich_markup_mode=None
)


@tools_app.callback(invoke_without_command=True)
def _tools(
    ctx: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    if ctx.invoked_subcommand is None:
        tools_list(json=json)


@tools_app.command("list")
def tools_list(
    json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
    config: Config = None,
    assign: Assign = None,
    debug: Debug = False,
) -> None:
    """List the tools with their schemas."""

    def work(settings: Settings) -> int:
        from voice.ui.tools_command import list_tools

        return list_tools(settings, as_json=json)

    execute(work, shared_flags(config, assign, debug))


@tools_app.command("check")
def tools_check(
    config: Config = None,
    assign: Assign = None,
    debug: Debug = False,
) -> None:
    """Load all tools and show what is wrong with them; exit status 1 where anything is."""

    def work(settings: Settings) -> int:
        from voice.ui.tools_command import check

        return check(settings)

    execute(work, shared_flags(config, assign, debug))


@tools_app.command("new")
def tools_new(
    name: Annotated[str, typer.Argument(help="The new tool's name, such as water_plants.")],
    config: Config = None,
    assign: Assign = None,
    debug: Debug = False,
) -> None:
    """Write a tool that works, and its test, into the tool folder."""

    def work(settings: Settings) -> int:
        from voice.ui.tools_command import new

        return new(settings, name)

    execute(work, shared_flags(config, assign, debug))


@tools_app.command("call")
def tools_call(
    name: Annotated[str, typer.Argument(help="The tool's name.")],
    args: Annotated[str, typer.Option(metavar="JSON", help="Its arguments.")] = "{}",
    config: Config = None,
    assign: Assign = None,
    debug: Debug = False,
) -> None:
    """Call a tool and print what the assistant would be told."""

    def work(settings: Settings) -> int:
        from voice.ui.tools_command import call_tool

        return run(call_tool(settings, name, args))

    execute(work, shared_flags(config, assign, debug))
