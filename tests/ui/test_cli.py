import subprocess
import sys
from pathlib import Path

import pytest

from voice.settings import Settings
from voice.ui import cli
from voice.ui.ask import AskRequest

MAX_HELP_CPU_S = 0.3


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[AskRequest]:
    """Keep what ``voice ask`` would ask instead of asking it."""
    requests: list[AskRequest] = []

    async def keep(request: AskRequest, settings: object) -> int:
        requests.append(request)
        return 0

    monkeypatch.setattr("voice.ui.ask.ask", keep)
    return requests


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command line in this process and return its exit status."""
    monkeypatch.setattr(sys, "argv", ["voice", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    status = ended.value.code
    assert isinstance(status, int)
    return status


A, B = Path("a.wav"), Path("b.wav")


@pytest.mark.parametrize(
    ("arguments", "turns"),
    [
        (["a.wav", "--text", "one", "b.wav"], (A, "one", B)),
        (["--text=one", "a.wav", "--text", "two"], ("one", A, "two")),
        (["--out", "o.wav", "a.wav", "--text", "a.wav", "b.wav"], (A, "a.wav", B)),
        (["--json", "a.wav", "--timeout", "5", "--text", "--json"], (A, "--json")),
        (["--text", "one", "--", "a.wav", "b.wav"], ("one", A, B)),
        (["a.wav", "--set", "session.voice=x", "--text", "one"], (A, "one")),
        (["--set=session.voice=x", "--text", "one", "a.wav"], ("one", A)),
    ],
)
def test_turns_keep_their_order(
    monkeypatch: pytest.MonkeyPatch,
    asked: list[AskRequest],
    arguments: list[str],
    turns: tuple[Path | str, ...],
) -> None:
    assert run(monkeypatch, "ask", *arguments) == 0
    assert asked[0].turns == turns


def test_flags_reach_the_request(monkeypatch: pytest.MonkeyPatch, asked: list[AskRequest]) -> None:
    flags = ["--json", "--fast", "--no-tools", "--timeout", "7", "--out", "o.wav"]
    assert run(monkeypatch, "ask", "a.wav", *flags) == 0
    assert asked[0] == AskRequest(
        (A,), out=Path("o.wav"), as_json=True, is_fast=True, use_tools=False, answer_limit_s=7.0
    )


def test_a_brain_is_chosen_by_flags(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served: list[Settings] = []
    monkeypatch.setattr("voice.ui.serve.serve", lambda settings: served.append(settings) or 0)
    assert run(monkeypatch, "serve", "--brain", "anthropic", "--brain-model", "claude") == 0
    assert (served[0].brain.kind, served[0].brain.model) == ("anthropic", "claude")
    assert run(monkeypatch, "serve", "--brain", "oracle") == 2
    assert "brain.kind" in capsys.readouterr().err
    assert run(monkeypatch, "serve", "--brain", "openai") == 2
    assert "brain.model" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["ask"], ["ask", "--loud"], ["sing"], ["serve", "extra"]])
def test_wrong_usage_is_one_line_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run(monkeypatch, *arguments) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("voice: error: ")
    assert errors.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--help"], [], ["ask", "--help"], ["tools", "--help"]])
def test_help_fits_into_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run(monkeypatch, *arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Usage: voice")
    assert all(len(line) <= 80 for line in lines)


def test_every_command_has_a_help_that_is_not_cut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "--help")
    assert "..." not in capsys.readouterr().out.partition("Commands:")[2]


def test_help_is_quick() -> None:
    resource = pytest.importorskip("resource", reason="Windows does not count this way")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; "
         "sys.argv = ['voice', '--help']; from voice.ui.cli import main; main()"],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=15,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert cpu_s < MAX_HELP_CPU_S


@pytest.mark.parametrize("word", ["version", "--version"])
def test_version_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    assert run(monkeypatch, word) == 0
    assert capsys.readouterr().out.strip()
