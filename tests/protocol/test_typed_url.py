import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.errors import SettingsError
from voice.protocol.typed_url import is_loopback, is_private, read_url


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("wss://host.example", "wss://host.example/v1/realtime"),
        ("  wss://host.example/  ", "wss://host.example/v1/realtime"),
        ("https://host.example/v1", "wss://host.example/v1/realtime"),
        ("https://host.example/v1/", "wss://host.example/v1/realtime"),
        ("http://host.example:8080", "ws://host.example:8080/v1/realtime"),
        ("WSS://Host.Example/V", "wss://host.example/V/v1/realtime"),
        ("wss://host.example/v1/realtime", "wss://host.example/v1/realtime"),
        ("wss://host.example/api/paas/v4", "wss://host.example/api/paas/v4/realtime"),
        ("wss://h.example/realtime/session", "wss://h.example/realtime/session"),
        ("localhost:8765", "ws://localhost:8765/v1/realtime"),
        ("kiosk", "ws://kiosk/v1/realtime"),
        ("pi.local:80", "ws://pi.local:80/v1/realtime"),
        ("192.168.1.7:9000/v1", "ws://192.168.1.7:9000/v1/realtime"),
        ("[::1]:9000", "ws://[::1]:9000/v1/realtime"),
        ("api.deerapi.com", "wss://api.deerapi.com/v1/realtime"),
        ("8.8.8.8", "wss://8.8.8.8/v1/realtime"),
    ],
)
def test_what_a_person_types_becomes_a_realtime_url(typed, url):
    assert read_url(typed).realtime_url() == url


def test_the_model_and_the_rest_of_the_query_are_told_apart():
    typed = read_url("wss://h.example/v1/realtime?model=m%2F1&api-version=2&flag=")
    assert typed.model == "m/1"
    assert typed.query == (("api-version", "2"), ("flag", ""))
    assert not typed.only_transcribes
    assert read_url("wss://h.example?deployment=d").model == "d"
    assert read_url("wss://h.example?intent=transcription").only_transcribes


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("ftp://host.example", "must start with wss://, ws://, https:// or http://"),
        ("wss://", "names no host"),
        ("wss:///v1", "names no host"),
        ("/v1/realtime", "names no host"),
        ("wss:/host.example", "two slashes are missing"),
        ("https:host.example", "two slashes are missing"),
        ("wss://ho st", "host or port is wrong"),
        ("wss://host:port", "host or port is wrong"),
        ("wss://host:0", "host or port is wrong"),
        ("localhost:99999", "host or port is wrong"),
        ("wss://[::1", "host or port is wrong"),
        ("ws://{{DOMAIN}}/v1/realtime", "host or port is wrong"),
        ("wss://-.-", "host or port is wrong"),
        ("https://host.example/v1/chat/completions", "another interface"),
    ],
)
def test_nonsense_is_refused_in_one_clear_sentence(typed, complaint):
    with pytest.raises(SettingsError, match=complaint) as caught:
        read_url(typed)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "typed",
    [
        "ftp://host.example?key=hunter2",
        "wss://ho st?token=hunter2",
        "wss://me:hunter2@host.example",
        "wss://host.example:x?api_key=hunter2",
        "sk-hunter2",
        "ek_hunter2",
        "wss:/host?key=hunter2",
        "https://host.example/v1/messages?key=hunter2",
        "hunter2@host.example",
    ],
)
def test_no_complaint_shows_a_secret(typed):
    with pytest.raises(SettingsError) as caught:
        read_url(typed)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@given(st.text(max_size=40) | st.text(max_size=30).map(lambda rest: f"wss://{rest}"))
def test_any_text_is_a_url_or_a_settings_error(text):
    try:
        typed = read_url(text)
    except SettingsError:
        return
    assert typed.realtime_url().startswith(("ws://", "wss://"))


def test_this_machine_and_this_house_are_known():
    assert is_loopback("localhost")
    assert is_loopback("127.0.0.2")
    assert is_loopback("::1")
    assert not is_loopback("192.168.1.7")
    assert is_private("10.1.2.3")
    assert is_private("nas.lan")
    assert not is_private("host.example")
