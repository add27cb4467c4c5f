"""Settings: four layers in rising order, one clear line for each mistake, no secret shown."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from voice.errors import SettingsError
from voice.settings import EffectiveSetting, Settings, effective, load_settings

CANARY = "sk-canary-7f3a9c1d5e8b2046"

WriteToml = Callable[[str], Path]


@pytest.fixture(autouse=True)
def nobodys_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, with an empty home and without inherited variables."""
    for name in list(os.environ):
        if name.startswith("VOICE_") or name.endswith("_API_KEY") or name == "DEERAPI_KEY":
            monkeypatch.delenv(name)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def write_toml() -> WriteToml:
    """Write ``voice.toml`` into the working directory."""

    def write(text: str) -> Path:
        path = Path("voice.toml")
        path.write_text(text, encoding="utf-8")
        return path

    return write


def row(settings: Settings, key: str) -> EffectiveSetting:
    """Return one row of ``voice config``."""
    (found,) = [item for item in effective(settings) if item.key == key]
    return found


def problem(**arguments: object) -> str:
    """Load settings that must be refused and return what is said."""
    with pytest.raises(SettingsError) as caught:
        load_settings(**arguments)  # type: ignore[arg-type]
    return str(caught.value)


def test_without_any_layer_the_defaults_hold() -> None:
    settings = load_settings()

    assert settings.endpoint.url is None
    assert settings.brain.kind == "offline"
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8765)
    assert settings.session.turn_detection == "auto"
    assert settings.session.max_output_tokens == "inf"
    assert {item.origin for item in effective(settings)} == {"default"}


def test_each_layer_overrides_single_keys_of_the_one_below(
    write_toml: WriteToml, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_toml('[session]\nvoice = "f"\nlanguage = "f"\ntranscription_model = "f"\n')
    monkeypatch.setenv("VOICE_SESSION__LANGUAGE", "e")
    monkeypatch.setenv("VOICE_SESSION__TRANSCRIPTION_MODEL", "e")

    settings = load_settings(overrides={"session.transcription_model": "g", "session.voice": None})

    session = settings.session
    assert (session.voice, session.language, session.transcription_model) == ("f", "e", "g")
    assert session.prefix_padding_ms == 300
    assert row(settings, "session.voice").origin == "file"
    assert row(settings, "session.voice").detail == "voice.toml line 2"
    assert row(settings, "session.language").detail == "VOICE_SESSION__LANGUAGE"
    assert row(settings, "session.transcription_model").origin == "flag"
    assert row(settings, "session.speed").origin == "default"


def test_environment_words_become_numbers_lists_and_objects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VOICE_SESSION__SPEED", "1.25")
    monkeypatch.setenv("VOICE_SESSION__MODALITIES", "audio, text")
    monkeypatch.setenv("VOICE_SESSION__MAX_OUTPUT_TOKENS", "200")
    monkeypatch.setenv("VOICE_TOOLS__DISABLED", '["timer", "notes"]')
    monkeypatch.setenv("VOICE_ENDPOINT__BETA_HEADER", "true")
    monkeypatch.setenv("VOICE_BRAIN__EXTRA_BODY", '{"top_k": 5}')
    monkeypatch.setenv("VOICE_AUDIO__INPUT", "3")
    monkeypatch.setenv("VOICE_AUDIO__OUTPUT", "USB Headset")
    monkeypatch.setenv("voice_log__level", "DEBUG")
    monkeypatch.setenv("VOICE_SESSION__VOICE", "")

    settings = load_settings()

    assert settings.session.speed == 1.25
    assert settings.session.modalities == ("audio", "text")
    assert settings.session.max_output_tokens == 200
    assert settings.tools.disabled == ("timer", "notes")
    assert settings.endpoint.beta_header is True
    assert settings.brain.extra_body == {"top_k": 5}
    assert settings.audio.input == 3
    assert settings.audio.output == "USB Headset"
    assert settings.log.level == "debug"
    assert settings.session.voice is None


def test_an_unknown_key_names_the_nearest_one(write_toml: WriteToml) -> None:
    write_toml('# mine\n[session]\nvoise = "x"\n')

    assert problem() == (
        "voice.toml line 3: unknown key session.voise; did you mean session.voice?"
    )


def test_a_key_in_the_wrong_section_names_the_right_one(write_toml: WriteToml) -> None:
    write_toml('[endpoint]\neagerness = "low"\n')

    assert problem().endswith("did you mean session.eagerness?")


def test_a_key_outside_any_section_names_its_section(write_toml: WriteToml) -> None:
    write_toml('api_key = "x"\n')

    assert "did you mean endpoint.api_key or brain.api_key or stt.api_key" in problem()


def test_an_unknown_section_names_the_nearest_one(write_toml: WriteToml) -> None:
    write_toml("[sesion]\nspeed = 1.0\n")

    assert problem() == "voice.toml line 1: unknown section [sesion]; did you mean [session]?"


def test_a_section_that_is_a_value_is_refused(write_toml: WriteToml) -> None:
    write_toml("session = 3\n")

    assert problem() == "voice.toml line 1: expected a section [session] with keys under it"


def test_a_mistyped_variable_is_named_with_the_nearest_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VOICE_SESION__VOICE", "x")
    monkeypatch.setenv("VOICE_TTS__SPEEED", "1")

    said = problem().splitlines()

    assert "VOICE_SESION__VOICE: unknown section [sesion]; did you mean [session]?" in said
    assert "VOICE_TTS__SPEEED: unknown key tts.speeed; did you mean tts.speed?" in said


def test_variables_of_other_programs_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_MAIL_SERVER", "x")

    load_settings()


def test_a_section_variable_that_is_no_json_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VOICE_LOG", "debug")

    assert problem() == ("VOICE_LOG: expected a JSON object; to set one key, use VOICE_LOG__KEY")


def test_an_unknown_flag_is_refused() -> None:
    assert problem(overrides={"session.pitch": 2}).startswith(
        "command line: unknown key session.pitch; known keys: "
    )


def test_every_wrong_value_gets_one_line_with_place_expectation_and_value(
    write_toml: WriteToml, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_toml('[session]\nspeed = 9\nthreshold = "loud"\n\n[server]\nport = 70000\n')
    monkeypatch.setenv("VOICE_SESSION__TURN_DETECTION", "sometimes")

    said = problem(overrides={"audio.volume": -1}).splitlines()

    assert len(said) == 5
    assert "voice.toml line 2: session.speed: expected at most 1.5, got 9" in said
    assert "voice.toml line 6: server.port: expected at most 65535, got 70000" in said
    assert "command line: audio.volume: expected at least 0, got -1" in said
    assert (
        "VOICE_SESSION__TURN_DETECTION: session.turn_detection: expected 'auto', 'semantic_vad', "
        "'server_vad' or 'none', got 'sometimes'"
    ) in said
    (threshold,) = [line for line in said if "session.threshold" in line]
    assert threshold.startswith("voice.toml line 3: session.threshold: expected a valid number")
    assert threshold.endswith("got 'loud'")


def test_a_value_of_two_types_says_both() -> None:
    said = problem(overrides={"session.max_output_tokens": "many"})

    assert "valid integer" in said
    assert "'inf'" in said
    assert "\n" not in said


def test_a_long_wrong_value_is_cut() -> None:
    assert len(problem(overrides={"session.eagerness": "x" * 5_000})) < 250


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("openai", "wss://api.openai.com/v1/realtime"),
        ("api.example.com/v1", "wss://api.example.com/v1"),
        ("127.0.0.1:8765", "ws://127.0.0.1:8765"),
    ],
)
def test_a_short_form_of_an_endpoint_is_completed(typed: str, url: str) -> None:
    assert load_settings(overrides={"endpoint.url": typed}).endpoint.url == url


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/x",
        "wss://",
        "wss://host:port/",
        "wss://ho st/",
        "http://[::",
    ],
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    assert "endpoint.url: expected wss://HOST/PATH" in problem(overrides={"endpoint.url": url})


@pytest.mark.parametrize(
    "url",
    [
        f"wss://host/v1/realtime?api-key={CANARY}",
        f"wss://host/v1/realtime?model=m&token={CANARY}",
        f"wss://user:{CANARY}@host/v1/realtime",
    ],
)
def test_a_url_with_a_key_in_it_is_refused_without_showing_it(url: str) -> None:
    said = problem(overrides={"endpoint.url": url})

    assert "a URL without a key in it" in said
    assert CANARY not in said


def test_certificate_without_its_key_is_refused() -> None:
    said = problem(overrides={"server.tls_cert": "cert.pem"})

    assert said == "[server]: expected server.tls_cert and server.tls_key both, or neither"


def test_a_path_in_the_file_counts_from_the_files_folder(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    config = tmp_path / "etc" / "v.toml"
    config.write_text('[tools]\nfolder = "mine"\n[log]\nfile = "~/voice.log"\n', encoding="utf-8")

    settings = load_settings(config, overrides={"tools.data_dir": "data"})

    assert settings.tools.folder == tmp_path / "etc" / "mine"
    assert settings.tools.data_dir == Path("data")
    assert settings.log.file == Path.home() / "voice.log"


def test_the_data_folder_is_the_users_own(tmp_path: Path) -> None:
    assert load_settings().tools.data_dir.is_relative_to(tmp_path / "home")


def test_a_base_url_makes_the_brain_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_BRAIN__BASE_URL", "http://127.0.0.1:8080/v1")
    monkeypatch.setenv("VOICE_BRAIN__MODEL", "m")

    settings = load_settings()

    assert settings.brain.kind == "openai"
    assert row(settings, "brain.kind").detail == "VOICE_BRAIN__BASE_URL"
    assert load_settings(overrides={"brain.kind": "offline"}).brain.kind == "offline"


def test_kind_openai_without_a_base_url_is_openai_itself() -> None:
    settings = load_settings(overrides={"brain.kind": "openai", "brain.model": "m"})

    assert settings.brain.base_url == "https://api.openai.com/v1"


def test_a_brain_without_a_model_name_is_refused() -> None:
    assert "brain.model" in problem(overrides={"brain.base_url": "https://gateway.test/v1"})


def test_a_vendors_key_fills_an_empty_one_and_its_variable_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)

    settings = load_settings(
        overrides={
            "endpoint.url": "wss://api.openai.com/v1/realtime",
            "brain.base_url": "http://127.0.0.1:8080/v1",
            "brain.model": "m",
        }
    )

    assert settings.secret_values() == (CANARY, CANARY)
    assert row(settings, "endpoint.api_key").detail == "OPENAI_API_KEY"
    assert row(settings, "brain.api_key").detail == "OPENAI_API_KEY"


def test_our_own_key_variables_win_over_file_and_vendor(
    write_toml: WriteToml, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_toml('[endpoint]\nurl = "wss://api.openai.com/v1/realtime"\napi_key = "file-key"\n')
    monkeypatch.setenv("OPENAI_API_KEY", "vendor-key")

    def key() -> str:
        secret = load_settings().endpoint.api_key
        return secret.get_secret_value() if secret else ""

    assert key() == "file-key"
    monkeypatch.setenv("VOICE_API_KEY", "short-key")
    assert key() == "short-key"
    monkeypatch.setenv("VOICE_ENDPOINT__API_KEY", "long-key")
    assert key() == "long-key"


def test_the_offline_brain_takes_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)

    assert load_settings().brain.api_key is None


def test_a_keys_line_end_is_dropped_and_a_broken_key_refused() -> None:
    settings = load_settings(overrides={"server.token": "abc\r\n"})
    said = problem(overrides={"server.token": "canary\nX-Header: 1"})

    assert settings.server.token is not None
    assert settings.server.token.get_secret_value() == "abc"
    assert "printable ASCII" in said
    assert "canary" not in said


def test_no_secret_is_ever_shown(write_toml: WriteToml, monkeypatch: pytest.MonkeyPatch) -> None:
    write_toml(f'[brain]\napi_key = "{CANARY}1"\n[server]\ntoken = "{CANARY}2"\n')
    monkeypatch.setenv("VOICE_API_KEY", f"{CANARY}3")

    settings = load_settings(overrides={"endpoint.url": "wss://gateway.test/v1/realtime"})

    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.endpoint!r}"
    assert CANARY not in shown + "".join(map(repr, effective(settings)))
    assert row(settings, "brain.api_key").value == "***"
    assert sorted(settings.secret_values()) == [f"{CANARY}{number}" for number in (1, 2, 3)]


def test_no_secret_is_shown_by_an_error_or_its_traceback(write_toml: WriteToml) -> None:
    write_toml(f'[brain]\napi_key = ["{CANARY}"]\n[server]\nport = "x"\n')

    with pytest.raises(SettingsError) as caught:
        load_settings()

    text = "".join(traceback.format_exception(caught.value))
    assert "brain.api_key" in text
    assert CANARY not in text


def test_settings_cannot_be_changed_afterwards() -> None:
    settings = load_settings()

    with pytest.raises(ValueError, match="frozen"):
        settings.session.speed = 2.0  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        settings.log = settings.log  # type: ignore[misc]
