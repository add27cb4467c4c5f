"""Ears and mouth behind HTTP, in the whole assistant as a person starts it."""

from pathlib import Path

from tests.e2e.cli_kit import Shell

NOBODY = "http://127.0.0.1:9/v1"


def test_an_answer_is_spoken_although_the_remote_voice_is_out_and_that_is_told_once(
    tmp_path: Path,
) -> None:
    (tmp_path / "voice.toml").write_text(f'[tts]\nbase_url = "{NOBODY}"\n', "utf-8")
    ran = Shell(tmp_path).voice(
        "ask", "--text", "what time is it", "--text", "what day is it", "--json"
    )
    assert ran.status == 0, ran.err
    assert all(turn["audio_ms"] > 500 for turn in ran.report["turns"])
    assert ran.err.count("takes over") == 1
    assert "speech synthesis at http://127.0.0.1:9 cannot be reached" in ran.err


def test_without_a_fallback_the_failure_is_told(tmp_path: Path) -> None:
    toml = f'[tts]\nbase_url = "{NOBODY}"\nfallback = false\n'
    (tmp_path / "voice.toml").write_text(toml, "utf-8")
    ran = Shell(tmp_path).voice("ask", "--text", "what time is it", "--json")
    assert "takes over" not in ran.err
    assert "speech synthesis" in ran.err
