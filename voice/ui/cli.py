"""The command line: ``voice demo``, ``ask``, ``talk``, ``serve``, ``tools``, ``config``.

Only typer is imported before a command is known, so that ``voice --help`` is quick. What commands
do stands in a file of its own for each.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from voice.ui.cli_options import (
    Assign,
    Brain,
    BrainModel,
    Config,
    Debug,
    Model,
    NoTools,
    Plain,
    Record,
    Url,
    Watch,
)
from voice.ui.cli_options import execute as _execute
from voice.ui.cli_options import shared_flags as _flags
from voice.ui.cli_tools import tools_app
from voice.ui.command import guarded, run

if TYPE_CHECKING:
    from voice.settings import Settings

app = typer.Typer(
    name="voice",
    help="A realtime voice assistant: speak, and be answered, with or without the internet.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(tools_app, name="tools")


class _OrderedCommand(TyperCommand):
    """Keeps the raw arguments: the order of files and --text is lost once they are parsed."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Remember ``args`` and parse them."""
        ctx.meta["voice.raw"] = list(args)
        return super().parse_args(ctx, args)


@app.callback(invoke_without_command=True)
def _start(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        _print_version()
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


@app.command()
def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the WAV files go.")] = Path("out"),
    config: Config = None,
    assign: Assign = None,
    debug: Debug = False,
) -> None:
    """Play two recorded questions and their answers."""

    def work(settings: Settings) -> int:
        from voice.ui.demo import demo as run_demo

        return run(run_demo(settings, out))

    _execute(work, _flags(config, assign, debug))


@app.command(cls=_OrderedCommand)
def ask(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="A spoken turn: any audio file.")
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option(metavar="WORDS", help="A typed turn; may be repeated.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="WAV", help="Write the spoken answers to this file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
    fast: Annotated[bool, typer.Option("--fast", help="Do not wait for real time.")] = False,
    timeout: Annotated[
        float, typer.Option(metavar="S", min=1, max=3600, help="Longest wait for an answer.")
    ] = 60.0,
    url: Url = None,
    model: Model = None,
    brain: Brain = None,
    brain_model: BrainModel = None,
    no_tools: NoTools = False,
    record: Record = None,
    config: Config = None,
    assign: Assign = None,
    debug: Debug = False,
) -> None:
    """Ask with audio files and texts.

    They are taken in their order, each after the answer to the one before. Exit status: 0 where
    any turn was answered, 1 where none was, 2 for settings and files, 3 for a refused key, 4 for
    the endpoint.
    """
    turns = _in_order(ctx, files or [], text or [])

    def work(settings: Settings) -> int:
        from voice.ui.ask import AskRequest
        from voice.ui.ask import ask as run_ask

        request = AskRequest(
            turns,
            out=out,
            as_json=json,
            is_fast=fast,
            use_tools=not no_tools,
            answer_limit_s=timeout,
            record=record,
        )
        return run(run_ask(request, settings))

    if not turns:
        raise typer.BadParameter("expected at least one FILE or --text")
    places = _places(url, model, brain, brain_model)
    _execute(work, _flags(config, assign, debug, places))


@app.command()
def talk(
    url: Url = None,
    model: Model = None,
    brain: Brain = None,
    brain_model: BrainModel = None,
    no_tools: NoTools = False,
    plain: Plain = False,
    watch: Watch = False,
    record: Record = None,
    config: Config = None,
    assign: Assign = None,
    debug: Debug = False,
) -> None:
    """Talk on the sound card, until q or Ctrl-C.

    In a terminal it is a live view, whose last line says the keys; anywhere else, or with --plain,
    it prints lines and takes typed ones.
    """

    def work(settings: Settings) -> int:
        from voice.ui.talk import talk as run_talk

        try:
            return run(run_talk(settings, use_tools=not no_tools, record=record, is_plain=plain))
        except KeyboardInterrupt:
            return 0  # the way to end it

    places = _places(url, model, brain, brain_model)
    if watch:
        places["tools.watch"] = True
    _execute(work, _flags(config, assign, debug, places))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
    brain: Brain = None,
    brain_model: BrainModel = None,
    config: Config = None,
    assign: Assign = None,
    debug: Debug = False,
) -> None:
    """Serve /v1/realtime on this machine, until Ctrl-C or SIGTERM.

    Programs of this machine need no key; any other address needs one, VOICE_SERVER__TOKEN. Limits,
    certificates and pages that may connect: --set server.NAME=VALUE, or [server] in voice.toml.
    """

    def work(settings: Settings) -> int:
        from voice.ui.serve import serve as run_serve

        return run_serve(settings)

    places = _places(None, None, brain, brain_model)
    listen = {"server.host": host, "server.port": port}
    _execute(work, _flags(config, assign, debug, {**places, **listen}))


@app.command()
def doctor(
    url: Url = None,
    model: Model = None,
    brain: Brain = None,
    brain_model: BrainModel = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
    no_sound: Annotated[
        bool, typer.Option("--no-sound", help="Leave the sound card out: play nothing.")
    ] = False,
    config: Config = None,
    assign: Assign = None,
    debug: Debug = False,
) -> None:
    """Try everything step by step and say how to mend it.

    It plays a sweep where there is a sound card. Exit status: 0 where everything works, 2 for
    settings, 4 where a step failed.
    """

    def work(settings: Settings) -> int:
        from voice.ui.doctor import doctor as run_doctor

        return run(run_doctor(settings, as_json=json, with_sound=not no_sound))

    places = _places(url, model, brain, brain_model)
    _execute(work, _flags(config, assign, debug, places))


@app.command()
def models(
    url: Url = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON array only.")] = False,
    config: Config = None,
    assign: Assign = None,
    debug: Debug = False,
) -> None:
    """List the models that each place offers.

    The places are the endpoint, the brain, stt and tts; with --url that one alone.
    Exit status: 0 where each of them answered, 2 for settings, 4 where one did not.
    """

    def work(settings: Settings) -> int:
        from voice.ui.models_command import show_models

        return run(show_models(settings, only_endpoint=url is not None, as_json=json))

    _execute(work, _flags(config, assign, debug, {"endpoint.url": url}))


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A black box made by --record.")],
    timeline: Annotated[
        Path | None, typer.Option(metavar="HTML", help="Draw the conversation into this file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object only.")] = False,
    debug: Debug = False,
) -> None:
    """Replay a recorded session, or draw it.

    It goes through the core again, and the first step that goes another way is shown. Exit
    status: 0 where everything went as recorded, 1 at a difference, 2 for a file that is no
    recording.
    """
    from voice.ui.replay_command import replay_file

    raise typer.Exit(replay_file(file, timeline=timeline, as_json=json))


@app.command()
def devices(
    input: Annotated[
        str | None, typer.Option(metavar="NAME", help="The microphone whose level is drawn.")
    ] = None,
    seconds: Annotated[
        float, typer.Option(metavar="S", min=0, max=3600, help="How long; 0 draws none.")
    ] = 10.0,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON array only.")] = False,
    config: Config = None,
    assign: Assign = None,
    debug: Debug = False,
) -> None:
    """List microphones and speakers, and draw the microphone's level.

    Exit status: 0, or 5 where there is no sound card to be had.
    """

    def work(settings: Settings) -> int:
        from voice.ui.devices_command import show_devices

        try:
            return run(show_devices(settings, seconds=seconds, as_json=json))
        except KeyboardInterrupt:
            return 0  # the way to end it

    _execute(
        work,
        _flags(
            config,
            assign,
            debug,
            {"audio.input": int(input) if input and input.isdigit() else input},
        ),
    )


@app.command()
def config(config: Config = None, assign: Assign = None, debug: Debug = False) -> None:
    """Print the settings and where each came from."""

    def work(settings: Settings) -> int:
        from voice.ui.config_command import show_config

        return show_config(settings)

    _execute(work, _flags(config, assign, debug))


@app.command()
def version() -> None:
    """Print the version."""
    _print_version()


def _print_version() -> None:
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed_version

    try:
        print(installed_version("voice-assistant-service"))
    except PackageNotFoundError:
        print("unknown: not installed, run from a checkout")


def main() -> None:
    """Run the command line; the entry point of ``voice``."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a character shows a question mark instead of failing.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.exit(
        guarded(
            lambda: app(prog_name="voice", standalone_mode=False), is_debug="--debug" in sys.argv
        )
    )


def _places(
    url: str | None, model: str | None, brain: str | None, brain_model: str | None
) -> dict[str, object]:
    return {
        "endpoint.url": url,
        "endpoint.model": model,
        "brain.kind": brain,
        "brain.model": brain_model,
    }


def _in_order(ctx: typer.Context, files: list[Path], texts: list[str]) -> tuple[Path | str, ...]:
    """Return files and texts in the order in which they stand on the command line."""
    takes_value = {
        name
        for param in ctx.command.params
        if not getattr(param, "is_flag", False)
        for name in param.opts
        if name.startswith("-")
    }
    rest: dict[str, Iterator[Path | str]] = {"file": iter(files), "text": iter(texts)}
    turns: list[Path | str | None] = []
    arguments = iter(ctx.meta["voice.raw"])
    for argument in arguments:
        name = argument.partition("=")[0]
        if argument == "--":
            break
        if not argument.startswith("-"):
            turns.append(next(rest["file"], None))
            continue
        if name == "--text":
            turns.append(next(rest["text"], None))
        if name in takes_value and "=" not in argument:
            next(arguments, None)
    return tuple(turn for turn in (*turns, *rest["file"], *rest["text"]) if turn is not None)


if __name__ == "__main__":
    main()
