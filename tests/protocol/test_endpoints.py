import pytest

from voice.errors import SettingsError
from voice.protocol.capabilities import GATEWAY_CAPABILITIES, LOCAL_CAPABILITIES
from voice.protocol.dialects import Dialect
from voice.protocol.endpoints import Endpoint, EndpointKind, resolve


def test_openai_is_ga_over_tls_with_a_bearer_and_without_the_beta_header():
    endpoint = resolve("openai", model="gpt-realtime")
    assert endpoint == resolve("https://api.openai.com/v1?model=gpt-realtime")
    assert endpoint.url() == "wss://api.openai.com/v1/realtime?model=gpt-realtime"
    assert endpoint.headers("sk-1") == {"Authorization": "Bearer sk-1"}
    assert (endpoint.kind, endpoint.dialect) == (EndpointKind.OPENAI, Dialect.GA)


def test_openai_without_a_model_says_what_is_missing():
    with pytest.raises(SettingsError, match="needs a model"):
        resolve("openai").url()
    assert resolve("openai").url("m") == "wss://api.openai.com/v1/realtime?model=m"


def test_openai_transcription_names_no_model():
    endpoint = resolve("wss://api.openai.com/v1/realtime?intent=transcription", model="m")
    assert endpoint.url() == "wss://api.openai.com/v1/realtime?intent=transcription"


def test_azure_ga_takes_the_deployment_as_model_and_an_api_key_header():
    endpoint = resolve("https://res.openai.azure.com", model="dep")
    assert endpoint.url() == "wss://res.openai.azure.com/openai/v1/realtime?model=dep"
    assert endpoint.headers("k") == {"api-key": "k"}
    assert endpoint.headers("eyJh.eyJi.c") == {"Authorization": "Bearer eyJh.eyJi.c"}
    assert endpoint.dialect is Dialect.GA


def test_azure_preview_speaks_beta_with_version_and_deployment():
    base = "res.openai.azure.com/openai/realtime"
    endpoint = resolve(f"wss://{base}?api-version=2024-10-01-preview&deployment=dep")
    assert endpoint.url() == f"wss://{base}?deployment=dep&api-version=2024-10-01-preview"
    assert endpoint.dialect is Dialect.BETA
    assert Endpoint.azure("https://res.openai.azure.com/").base_url.startswith("wss://res.")
    built = Endpoint.azure("res.openai.azure.com", model="dep", preview=True)
    assert built.url() == f"wss://{base}?deployment=dep&api-version=2025-04-01-preview"


def test_a_gateways_dialect_is_looked_at_unless_it_is_known_or_given():
    assert resolve("https://host.example/v1").dialect is None
    assert resolve("https://api.deerapi.com").dialect is None
    assert resolve("wss://dashscope.aliyuncs.com/api-ws/v1/realtime").dialect is Dialect.BETA
    assert resolve("https://host.example/v1", dialect=Dialect.BETA).dialect is Dialect.BETA


def test_the_beta_header_goes_with_beta_or_where_it_is_asked_for():
    header = {"OpenAI-Beta": "realtime=v1"}
    assert resolve("https://host.example").headers(None) == {}
    assert resolve("https://host.example", beta_header=True).headers(None) == header
    assert resolve("https://host.example", dialect=Dialect.BETA).headers(None) == header
    quiet = resolve("https://host.example", dialect=Dialect.BETA, beta_header=False)
    assert quiet.headers(None) == {}


def test_deerapi_takes_the_token_limit_under_the_name_that_it_prints():
    capabilities = resolve("wss://api.deerapi.com").capabilities
    assert capabilities.max_output_tokens_name_beta == "max_output_tokens"
    assert not capabilities.accepts_tool_examples


def test_a_loopback_host_is_taken_for_our_own_server():
    endpoint = resolve("localhost:8765")
    assert endpoint.kind is EndpointKind.LOCAL
    assert endpoint.capabilities is LOCAL_CAPABILITIES
    assert endpoint.capabilities.crosses_network, "a relay may run here"
    assert endpoint.dialect is None
    assert resolve("192.168.1.7:8765").capabilities is GATEWAY_CAPABILITIES
    local = Endpoint.local("ws://127.0.0.1:8765", model="m")
    assert local.dialect is Dialect.GA
    assert not local.capabilities.crosses_network
    assert local.url() == "ws://127.0.0.1:8765/v1/realtime?model=m"


def test_a_preset_says_what_kind_of_server_answers_at_a_url():
    endpoint = resolve("ws://127.0.0.1:9/v1/realtime", preset="speaches", model="m")
    assert (endpoint.kind, endpoint.dialect) == (EndpointKind.GATEWAY, Dialect.BETA)
    assert endpoint.url() == "ws://127.0.0.1:9/v1/realtime?model=m"
    assert resolve("host.example", preset="new-api").url() == "wss://host.example/v1/realtime"
    assert resolve("litellm", model="m").base_url == "ws://127.0.0.1:4000/v1/realtime"


def test_a_preset_that_is_none_or_has_no_address_says_what_to_do():
    with pytest.raises(SettingsError, match="expected an endpoint preset of aimock, "):
        resolve("host.example", preset="nobody")
    with pytest.raises(SettingsError, match="Azure needs a URL such as wss://RESOURCE/"):
        resolve("azure")


def test_azure_voice_live_speaks_beta_at_its_own_path():
    endpoint = resolve("https://res.services.ai.azure.com/voice-live", model="gpt-realtime")
    assert endpoint.base_url == "wss://res.services.ai.azure.com/voice-live/realtime"
    assert endpoint.url().endswith("?model=gpt-realtime&api-version=2026-07-15")
    assert endpoint.headers("k") == {"api-key": "k"}
    assert endpoint.dialect is Dialect.BETA
    older = resolve("wss://res.services.ai.azure.com/voice-live/realtime?api-version=2025-10-01")
    assert older.query == (("api-version", "2025-10-01"),)


def test_inworlds_session_id_is_kept_and_its_key_is_basic():
    endpoint = resolve("wss://api.inworld.ai/api/v1/realtime/session?key=mine", model="m")
    assert endpoint.url() == (
        "wss://api.inworld.ai/api/v1/realtime/session?key=mine&protocol=realtime"
    )
    assert endpoint.headers("abc=") == {"Authorization": "Basic abc="}
    assert endpoint.headers("eyJh.eyJi.c") == {"Authorization": "Bearer eyJh.eyJi.c"}


@pytest.mark.parametrize("header", [True, False])
def test_a_relay_is_asked_for_beta_with_the_header_or_without_it(header):
    endpoint = resolve("deerapi", model="m", dialect=Dialect.BETA, beta_header=header)
    assert ("OpenAI-Beta" in endpoint.headers("sk-1")) is header
    assert "OpenAI-Beta" in resolve("deerapi", dialect=Dialect.BETA).headers("sk-1")
    assert resolve("deerapi").headers("sk-1") == {"Authorization": "Bearer sk-1"}


def test_the_callers_model_goes_before_that_of_the_url():
    assert resolve("wss://host.example?model=a").url() == "wss://host.example/v1/realtime?model=a"
    assert resolve("wss://host.example?model=a", model="b").model == "b"
    assert resolve("wss://host.example").url("m 1/x").endswith("?model=m+1%2Fx")


def test_a_key_in_the_query_is_used_and_never_shown():
    endpoint = resolve("wss://host.example/v1/realtime?key=hunter2&protocol=realtime&token=hunter2")
    assert "key=hunter2" in endpoint.url()
    assert "hunter2" not in repr(endpoint)
    assert endpoint.safe_url == (
        "wss://host.example/v1/realtime?key=***&protocol=realtime&token=***"
    )


@pytest.mark.parametrize("key", ["sk-ü", "sk 1", "sk-1\nX: y", "sk-1\x00"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(key):
    with pytest.raises(SettingsError, match="copy it again") as caught:
        resolve("openai").headers(key)
    assert key not in str(caught.value)


def test_no_key_and_a_key_with_a_line_end_are_fine():
    assert resolve("openai").headers(None) == {}
    assert resolve("openai").headers(" \n") == {}
    assert resolve("openai").headers("sk-1\n") == {"Authorization": "Bearer sk-1"}


def test_a_key_in_clear_over_a_public_network_is_noticed():
    assert resolve("ws://host.example").is_plaintext
    assert not resolve("wss://host.example").is_plaintext
    assert not resolve("ws://192.168.1.7").is_plaintext
    assert not resolve("localhost:1").is_plaintext


def test_nonsense_is_a_settings_error():
    for url in ("", "ftp://x", "wss://", "https://host.example/v1/chat/completions"):
        with pytest.raises(SettingsError):
            resolve(url)
