import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from voice.errors import AuthError, ConnectError, DeviceError, EngineError, SettingsError
from voice.ui.command import INTERRUPTED, Flags, complain, console_for, guarded, prepare


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)
    root = logging.getLogger()
    before = list(root.handlers), root.level
    yield
    for handler in [one for one in root.handlers if one not in before[0]]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(before[1])


def raising(error: BaseException) -> int:
    raise error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (EngineError("no model"), 1),
        (SettingsError("no setting"), 2),
        (AuthError("no key"), 3),
        (ConnectError("no connection"), 4),
        (DeviceError("no sound"), 5),
    ],
)
def test_each_error_is_one_line_and_has_its_status(
    error: Exception, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(lambda: raising(error), is_debug=False) == status
    captured = capsys.readouterr()
    assert captured.err == f"voice: error: {error}\n"
    assert captured.out == ""


def test_several_problems_are_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    guarded(lambda: raising(SettingsError("first\nsecond")), is_debug=False)
    assert capsys.readouterr().err == "voice: error: first\nvoice: error: second\n"


def test_full_disk_is_no_bug_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    full = OSError(28, "No space left on device")
    assert guarded(lambda: raising(full), is_debug=False) == 1
    assert capsys.readouterr().err == (
        "voice: error: the system refused it: No space left on device\n"
    )


def test_unexpected_error_is_one_line_without_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    status = guarded(lambda: raising(KeyError("odd\nthing")), is_debug=False)
    captured = capsys.readouterr().err
    assert status == 1
    assert captured.startswith("voice: error: unexpected KeyError: ")
    assert captured.count("\n") == 1


def test_debug_shows_the_traceback_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    error = ValueError("Authorization: Bearer abcdef123456")
    guarded(lambda: raising(error), is_debug=True)
    captured = capsys.readouterr().err
    assert "Traceback" in captured
    assert "abcdef123456" not in captured


def test_interrupt_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(lambda: raising(KeyboardInterrupt()), is_debug=False) == INTERRUPTED
    assert capsys.readouterr().err == ""


def test_good_end_is_zero() -> None:
    assert guarded(lambda: None, is_debug=False) == 0


def test_endless_message_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    complain("x" * 100_000)
    assert len(capsys.readouterr().err) < 3_000


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "voice.toml").write_text('[session]\nvoice = "file"\nspeed = 0.9\n')
    settings = prepare(Flags(assignments=("session.voice=flag",)))
    assert (settings.session.voice, settings.session.speed) == ("flag", 0.9)


def test_own_flags_of_a_command_win_over_assignments() -> None:
    flags = Flags(assignments=("server.port=1",), overrides={"server.port": 2, "server.host": None})
    assert prepare(flags).server.port == 2


@pytest.mark.parametrize("assignment", ["voice", "voice=heart", "=x", ".=x"])
def test_assignment_without_a_key_is_refused(assignment: str) -> None:
    with pytest.raises(SettingsError):
        prepare(Flags(assignments=(assignment,)))


def test_refused_assignment_does_not_show_its_value() -> None:
    with pytest.raises(SettingsError) as caught:
        prepare(Flags(assignments=("api_key=sk-verysecret",)))
    assert "verysecret" not in str(caught.value)


def test_debug_flag_sets_the_log_level() -> None:
    settings = prepare(Flags(is_debug=True, assignments=("log.level=error",)))
    assert settings.log.level == "debug"
    assert logging.getLogger().level == logging.DEBUG


def test_console_outside_a_terminal_is_plain() -> None:
    assert not console_for(sys.stdout).is_terminal


def test_a_flag_that_was_not_given_leaves_the_setting_of_the_same_name() -> None:
    flags = Flags(assignments=("server.port=9871",), overrides={"server.port": None})
    assert prepare(flags).server.port == 9871


def test_a_flag_that_was_given_wins_over_the_setting_of_the_same_name() -> None:
    flags = Flags(assignments=("server.port=9871",), overrides={"server.port": 9872})
    assert prepare(flags).server.port == 9872
