import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from voice.settings import load_settings
from voice.ui.command import complain
from voice.ui.stdout import reserved_stdout
from voice.ui.tools_command import call_tool, list_tools

_NOISY_TOOL = '''
import os
from tools import tool

os.write(1, b"imported")

@tool(examples=["ring the bell"])
def ring() -> str:
    """Ring the bell."""
    print("printed")
    os.write(1, b"written")
    return "Rung."
'''


def run_noisily() -> None:
    sys.stdout.write("printed\n")
    os.write(1, b"written\n")
    subprocess.run([sys.executable, "-c", "print('started')"], check=True)


def test_whatever_anybody_prints_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with reserved_stdout() as write:
        run_noisily()
        write(b"{}\n")
    out, err = capfd.readouterr()
    assert out == "{}\n"
    assert {"printed", "written", "started"} <= set(err.split())


def test_standard_output_is_everybodys_again_afterwards(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(RuntimeError), reserved_stdout():
        raise RuntimeError
    os.write(1, b"written\n")
    sys.stdout.write("printed\n")
    sys.stdout.flush()
    assert capfd.readouterr().out == "written\nprinted\n"


def test_a_stream_that_is_no_file_is_written_to_as_well(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with reserved_stdout() as write:
        sys.stdout.write("printed\n")
        write(b"{}\n")
    out, err = capsys.readouterr()
    assert (out, err) == ("{}\n", "printed\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_where_it_is_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with reserved_stdout() as write, pytest.raises(OSError) as raised:
            write(b"{}\n")
    assert raised.value.errno == errno.ENOSPC


async def test_noisy_tools_leave_the_output_of_voice_tools_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "noisy.py").write_text(_NOISY_TOOL)
    overrides = {"tools.folder": str(tmp_path), "tools.data_dir": str(tmp_path)}
    settings = load_settings(overrides=overrides)

    list_tools(settings, as_json=True)
    assert "ring" in {row["name"] for row in json.loads(capfd.readouterr().out)}

    assert await call_tool(settings, "ring", "{}") == 0
    assert capfd.readouterr().out == "Rung.\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("command", [["config"], ["tools", "list"], ["tools", "list", "--json"]])
def test_a_full_disk_is_one_line(command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "voice.ui.cli", *command],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=15,
            check=False,
        )
    assert done.stderr == "voice: error: the system refused it: No space left on device\n"
    assert done.returncode == 1


def test_a_key_in_the_words_of_an_endpoint_is_masked(capsys: pytest.CaptureFixture[str]) -> None:
    complain("the endpoint closed the connection (1008: bad key sk-proj-0123456789abcdef)")
    assert "0123456789abcdef" not in capsys.readouterr().err
