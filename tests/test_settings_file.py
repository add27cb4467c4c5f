"""Finding and reading the settings file, and the line that is said when it cannot be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from voice.errors import SettingsError
from voice.settings_file import default_data_dir, find_settings_file, read_settings_file


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder with an empty home."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def refused(path: Path) -> str:
    """Read a file that must be refused and return what is said."""
    with pytest.raises(SettingsError) as caught:
        read_settings_file(path)
    return str(caught.value)


def test_no_file_is_no_values() -> None:
    assert find_settings_file() is None
    assert read_settings_file(None).values == {}


def test_the_working_directorys_file_wins_over_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "voice.settings_file.user_config_path", lambda *_args, **_options: tmp_path / "config"
    )
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "voice.toml").touch()

    alone = find_settings_file()
    Path("voice.toml").touch()

    assert alone == tmp_path / "config" / "voice.toml"
    assert find_settings_file() == Path("voice.toml")


def test_a_named_file_wins_over_the_variable_and_the_variable_over_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (Path("voice.toml"), tmp_path / "a.toml", tmp_path / "b.toml"):
        path.touch()
    monkeypatch.setenv("VOICE_CONFIG", str(tmp_path / "a.toml"))

    assert find_settings_file() == tmp_path / "a.toml"
    assert find_settings_file(tmp_path / "b.toml") == tmp_path / "b.toml"


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="none.toml does not exist; .* correct --config"):
        find_settings_file(tmp_path / "none.toml")


def test_a_folder_named_as_file_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICE_CONFIG", str(tmp_path))

    with pytest.raises(SettingsError, match="is a folder; .* correct VOICE_CONFIG"):
        find_settings_file()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[session]\nvoice = "x"\nspeed 1.0\n', 3),
        ("[session\nspeed = 1.0\n", 1),
        ('[session]\nvoice = "x\n', 2),
        ("[session]\nspeed = 1\nspeed = 2\n", 3),
        ('[session]\n\nvoice = """open', 3),
        ("[tools]\ndisabled = [1,\n", 3),
    ],
)
def test_malformed_toml_is_one_line_with_file_line_and_expectation(text: str, line: int) -> None:
    path = Path("voice.toml")
    path.write_text(text, encoding="utf-8")

    said = refused(path)

    assert re.match(rf"voice\.toml line {line}, column \d+: this is no TOML: ", said)
    assert "expected" in said
    assert "\n" not in said


def test_a_file_that_is_no_text_is_refused_with_its_line() -> None:
    path = Path("voice.toml")
    path.write_bytes(b'[session]\nvoice = "\xff\xfe"\n')

    assert refused(path) == "voice.toml line 2: expected UTF-8 text; save it as UTF-8"


def test_a_huge_file_is_refused() -> None:
    path = Path("voice.toml")
    path.write_bytes(b"#" * 1_000_002)

    assert "larger than 1000000 bytes" in refused(path)


def test_a_file_that_cannot_be_opened_is_refused_with_the_cause(tmp_path: Path) -> None:
    assert "cannot be read: Is a directory" in refused(tmp_path)


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    path = Path("voice.toml")
    path.write_bytes(b'\xef\xbb\xbf[session]\r\nvoice = "heart"\r\n')

    assert read_settings_file(path).values == {"session": {"voice": "heart"}}


def test_a_key_and_a_section_are_found_with_their_lines() -> None:
    path = Path("voice.toml")
    path.write_text('top = 1\n\n[a]\n# x = 0\nx = 1\n[ b ]\n"x" = 2\ny.z = 3\n', encoding="utf-8")
    file = read_settings_file(path)

    assert file.place("a") == "voice.toml line 3"
    assert file.place("a", "x") == "voice.toml line 5"
    assert file.place("b", "x") == "voice.toml line 7"
    assert file.place("b", "y") == "voice.toml line 8"
    assert file.place("top") == "voice.toml line 1"
    assert file.place("a", "nothing") == "voice.toml"


def test_the_data_folder_is_the_users_own(tmp_path: Path) -> None:
    assert default_data_dir().is_relative_to(tmp_path / "home")
