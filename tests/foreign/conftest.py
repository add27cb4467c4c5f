"""One process of each foreign server for all its tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.cli_kit import ROOT, Shell
from tests.foreign.foreign_kit import FOREIGN, Place, free_port, running
from tests.interop.conftest import serving

HERE = ROOT / "tests" / "foreign"
RELAY_KEY = "sk-relay"


@pytest.fixture
def shell(tmp_path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """LiteLLM before a real ``voice serve``."""
    folder = tmp_path_factory.mktemp("litellm")
    port = free_port()
    with serving(Shell(tmp_path_factory.mktemp("served"))) as url:
        upstream = url.replace("ws://", "http://").removesuffix("/v1/realtime")
        config = folder / "config.yaml"
        source = (HERE / "litellm" / "config.yaml").read_text("utf-8")
        config.write_text(source.replace("UPSTREAM", upstream), "utf-8")
        command = [str(FOREIGN.python_of("litellm").with_name("litellm")), "--config", str(config)]
        command += ["--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"]
        with running(
            command,
            health_url=f"http://127.0.0.1:{port}/health/liveliness",
            log=folder / "log.txt",
            LITELLM_LOCAL_MODEL_COST_MAP="True",
        ):
            yield Place(
                f"ws://127.0.0.1:{port}/v1/realtime", "litellm", key=RELAY_KEY, model="voice"
            )


@pytest.fixture(scope="session")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The mock of ``@copilotkit/aimock`` with three fixtures."""
    port = free_port()
    program = FOREIGN.home("aimock") / "node_modules/@copilotkit/aimock/dist/cli.js"
    fixtures = HERE / "aimock" / "fixtures.json"
    command = ["node", str(program), "-p", str(port), "-f", str(fixtures)]
    log = tmp_path_factory.mktemp("aimock") / "log.txt"
    with running(command, health_url=f"http://127.0.0.1:{port}/health", log=log):
        yield Place(f"ws://127.0.0.1:{port}/v1/realtime", "aimock", model="gpt-realtime")


@pytest.fixture(scope="session")
def speech_to_speech(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The protocol server of ``speech-to-speech`` with workers instead of models."""
    port = free_port()
    script = HERE / "speech_to_speech" / "serve.py"
    command = [str(FOREIGN.python_of("speech_to_speech")), str(script), str(port)]
    log = tmp_path_factory.mktemp("speech_to_speech") / "log.txt"
    with running(command, health_url=f"http://127.0.0.1:{port}/v1/pool", log=log):
        yield Place(f"ws://127.0.0.1:{port}/v1/realtime", "speech-to-speech")
