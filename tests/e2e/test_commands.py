"""The small commands: tools, config, version, help; and the end by Ctrl-C."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

from tests.e2e.cli_kit import Shell, assert_failed, fixture


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_tools_are_listed_with_their_schemas(shell: Shell) -> None:
    listed = json.loads(shell.voice("tools", "list", "--json").out)
    (clock,) = [tool for tool in listed if tool["name"] == "get_time"]
    assert set(clock) == {"name", "description", "parameters", "examples", "source"}
    assert clock["parameters"]["type"] == "object"
    assert clock["examples"]
    assert shell.voice("tools", "--json").out == shell.voice("tools", "list", "--json").out


def test_tools_are_listed_for_people(shell: Shell) -> None:
    ran = shell.voice("tools")
    assert ran.status == 0, ran.err
    assert "get_time" in ran.out.splitlines()


def test_tool_is_called_from_the_shell(shell: Shell) -> None:
    ran = shell.voice("tools", "call", "get_time", "--args", '{"place": "Tokyo"}')
    assert ran.status == 0, ran.err
    assert json.loads(ran.out)["zone"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("no_such_tool", "{}", "no tool called 'no_such_tool'"),
        ("get_time", "{broken", "JSON"),
        ("get_time", '{"place": "Nowhere at all"}', ""),
    ],
)
def test_call_that_fails_is_one_line(shell: Shell, name: str, arguments: str, words: str) -> None:
    assert_failed(shell.voice("tools", "call", name, "--args", arguments), 1, words)


def test_settings_are_shown_with_their_origin_and_without_secrets(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "voice.toml").write_text('[session]\nvoice = "heart"\n')
    ran = shell.voice("config", "--set", "session.speed=1.2", VOICE_API_KEY="sk-secret-123")
    assert ran.status == 0, ran.err
    lines = {line.split(" = ")[0].strip(): line for line in ran.out.splitlines()}
    assert "heart" in lines["session.voice"]
    assert "voice.toml line 2" in lines["session.voice"]
    assert "flag" in lines["session.speed"]
    assert "VOICE_API_KEY" in lines["endpoint.api_key"]
    assert "sk-secret-123" not in ran.out


def test_help_and_version_need_nothing(shell: Shell) -> None:
    assert "demo" in shell.voice("--help").out
    assert "demo" in shell.voice().out
    assert "--json" in shell.voice("ask", "--help").out
    assert shell.voice("version").out.strip()


def test_reader_that_leaves_early_does_no_harm(shell: Shell) -> None:
    process = shell.start("tools", "list", "--json")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    process.wait(timeout=15)
    assert "Traceback" not in errors


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for a child alone")
def test_interrupt_ends_quietly(shell: Shell) -> None:
    process = shell.start("ask", fixture("austen_1"))
    assert process.stdout is not None
    assert "austen_1" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in out + errors
    assert "error" not in errors


def test_doctor_finds_our_own_server_sound(tmp_path: Path) -> None:
    ran = Shell(tmp_path).voice("doctor", "--json", "--no-sound")
    assert ran.status == 0, ran.err
    names = [step["name"] for step in ran.report["steps"]]
    assert names[0] == "our server"
    assert names[-1] == "models"
    assert {step["outcome"] for step in ran.report["steps"]} == {"ok"}
