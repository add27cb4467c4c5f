"""Opening and ending whole sessions over real sockets, at a scripted endpoint."""

import asyncio
import logging
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from tests.client.session_kit import Reader, rest_of
from voice.client.session import Session
from voice.core.reconnect import Persistence
from voice.core.updates import (
    AssistantTranscript,
    Ended,
    EndKind,
    ErrorReported,
    Phase,
    ResponseFinished,
    SessionReady,
)
from voice.errors import AuthError, ConnectError, LinkLost, SettingsError
from voice.protocol.client_events import ConversationItemCreate
from voice.protocol.dialects import Dialect
from voice.protocol.endpoints import Endpoint, resolve
from voice.protocol.session_config import (
    SessionConfig,
)
from voice.testing import events
from voice.testing.clock import MovedClock
from voice.testing.endpoint import Peer, ScriptedEndpoint
from voice.testing.sound import RecordingSpeaker, ScriptedMicrophone

GIVES_UP = Persistence(give_up_after_ms=0)


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_typed_turn_in_either_dialect(dialect: Dialect) -> None:
    async def script(peer: Peer) -> None:
        update = await peer.greet()
        assert update.session.to_wire()["instructions"] == "Be brief."
        created = await peer.expect("conversation.item.create")
        assert isinstance(created, ConversationItemCreate)
        assert created.item.to_wire()["content"] == [{"type": "input_text", "text": "Hello"}]
        await peer.expect("response.create")
        await peer.send(events.response_created("r1"), events.words("r1", "i1", "Hi"))
        await peer.send(events.words_done("r1", "i1", "Hi"), events.response_done("r1"))

    async with ScriptedEndpoint(script, dialect=dialect) as endpoint:
        config = SessionConfig(instructions="Be brief.")
        async with Session(endpoint=resolve(endpoint.url), config=config) as session:
            reader = Reader(session)
            ready = await reader.until(SessionReady)
            assert ready.dialect is dialect
            assert ready.session.instructions == "Be brief."
            session.send_text("Hello")
            spoken = await reader.until_all(AssistantTranscript, 2)
            assert [update.text for update in spoken] == ["Hi", "Hi"]
            assert (await reader.until(ResponseFinished)).status == "completed"
            assert session.phase is Phase.LISTENING


async def test_the_key_goes_into_the_header_and_nowhere_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="voice")

    async def script(peer: Peer) -> None:
        await peer.greet()

    async with ScriptedEndpoint(script) as endpoint:
        key = SecretStr("sk-canary-1")
        async with Session(endpoint=resolve(endpoint.url), api_key=key) as session:
            assert "canary" not in repr(vars(session))
    [request] = endpoint.requests
    assert request.headers["Authorization"] == "Bearer sk-canary-1"
    assert "canary" not in request.path
    assert "canary" not in caplog.text


async def test_a_refused_key_in_the_first_frame_is_an_auth_error() -> None:
    async def script(peer: Peer) -> None:
        await peer.send(events.error("invalid_api_key", "Incorrect API key: sk-canary"))

    async with ScriptedEndpoint(script) as endpoint:
        session = Session(endpoint=resolve(endpoint.url), api_key="sk-canary")
        with pytest.raises(AuthError, match="refused the key") as caught:
            await session.__aenter__()
        assert "canary" not in str(caught.value)
        [ended] = [update for update in await rest_of(session) if isinstance(update, Ended)]
        assert ended.kind is EndKind.AUTH_FAILED


async def test_an_error_in_the_first_frame_is_a_connect_error_without_the_key() -> None:
    async def script(peer: Peer) -> None:
        await peer.send(events.error("invalid_model", "no such model for sk-canary"))

    async with ScriptedEndpoint(script) as endpoint:
        session = Session(endpoint=resolve(endpoint.url), api_key="sk-canary")
        with pytest.raises(ConnectError, match=r"\(invalid_model\): no such model for \*\*\*"):
            await session.__aenter__()
        assert "canary" not in repr(await rest_of(session))


async def test_a_refused_configuration_is_a_connect_error() -> None:
    async def script(peer: Peer) -> None:
        await peer.send(events.session_created())
        update = await peer.expect("session.update")
        await peer.send(events.error("invalid_value", "no voice x", event_id=update.event_id))

    async with ScriptedEndpoint(script) as endpoint:
        with pytest.raises(ConnectError, match="refused our session configuration"):
            await Session(endpoint=resolve(endpoint.url)).__aenter__()


async def test_a_refused_handshake_is_told_by_its_status() -> None:
    async with ScriptedEndpoint(refuse=401) as endpoint:
        with pytest.raises(AuthError, match=r"\(HTTP 401\)") as caught:
            await Session(endpoint=resolve(endpoint.url)).__aenter__()
    assert caught.value.status == 401


async def test_a_connection_that_closes_before_it_is_ready_is_a_connect_error() -> None:
    async def script(peer: Peer) -> None:
        await peer.close(4000, "invalid_request_error.beta_api_shape_disabled")

    async with ScriptedEndpoint(script) as endpoint:
        with pytest.raises(ConnectError, match="beta_api_shape_disabled") as caught:
            await Session(endpoint=resolve(endpoint.url)).__aenter__()
    assert caught.value.status == 4000


def test_an_endpoint_that_needs_a_model_says_so_at_once() -> None:
    with pytest.raises(SettingsError, match="needs a model"):
        Session(endpoint=Endpoint.openai())


async def test_a_session_is_entered_once() -> None:
    async with ScriptedEndpoint(Peer.greet) as endpoint:  # type: ignore[arg-type]
        session = Session(endpoint=resolve(endpoint.url))
        with pytest.raises(RuntimeError, match="not entered"):
            session.send_text("too early")
        with pytest.raises(RuntimeError, match="not entered"):
            await session.wait_closed()
        await session.close()
        async with session:
            pass
        with pytest.raises(RuntimeError, match="entered once"):
            await session.__aenter__()


async def test_hanging_up_ends_the_updates_with_its_reason() -> None:
    async with ScriptedEndpoint(Peer.greet) as endpoint:  # type: ignore[arg-type]
        async with Session(endpoint=resolve(endpoint.url)) as session:
            session.hang_up("enough was said")
            updates = await rest_of(session)
            await session.wait_closed()
            session.hang_up()
        assert updates[-1] == Ended(EndKind.HUNG_UP, 1000, "enough was said")


async def test_leaving_hangs_up_with_a_normal_close_and_releases_everything() -> None:
    codes: list[int] = []

    async def script(peer: Peer) -> None:
        await peer.greet()
        codes.append(await peer.until_closed())

    microphone, speaker = ScriptedMicrophone(), RecordingSpeaker(MovedClock())
    async with ScriptedEndpoint(script) as endpoint:
        async with Session(
            endpoint=resolve(endpoint.url), microphone=microphone, speaker=speaker
        ) as session:
            pass
        updates = await rest_of(session)
        assert updates[-1] == Ended(EndKind.HUNG_UP, 1000, "hung up")
        await session.wait_closed()
        await session.close()
    assert codes == [1000]
    assert microphone.is_closed
    assert speaker.is_closed
    assert session.phase is Phase.CLOSED
    session.send_text("into the void")


async def test_a_connection_lost_for_good_is_raised_at_the_end_of_the_block() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.close(1001, "Your session hit the maximum duration of 60 minutes.")

    async with ScriptedEndpoint(script) as endpoint:
        with pytest.raises(LinkLost, match="maximum duration") as caught:
            async with Session(endpoint=resolve(endpoint.url), persistence=GIVES_UP) as session:
                updates = await rest_of(session)
        assert caught.value.code == 1001
        assert isinstance(updates[-1], Ended)
        with pytest.raises(LinkLost):
            await session.wait_closed()


async def test_a_connection_that_breaks_off_is_a_lost_one() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        peer.drop()

    async with ScriptedEndpoint(script) as endpoint:
        session = Session(endpoint=resolve(endpoint.url), persistence=GIVES_UP)
        with pytest.raises(LinkLost) as caught:
            async with session:
                await session.wait_closed()
    assert caught.value.code == 1006


async def test_an_exception_of_the_body_is_not_replaced_by_a_lost_connection() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        peer.drop()

    async with ScriptedEndpoint(script) as endpoint:
        with pytest.raises(ZeroDivisionError):
            async with Session(endpoint=resolve(endpoint.url), persistence=GIVES_UP) as session:
                await rest_of(session)
                raise ZeroDivisionError


async def test_giving_up_while_it_connects_releases_everything() -> None:
    greeted = asyncio.Event()

    async def script(peer: Peer) -> None:
        greeted.set()
        await peer.until_closed()

    microphone = ScriptedMicrophone()
    async with ScriptedEndpoint(script) as endpoint:
        session = Session(endpoint=resolve(endpoint.url), microphone=microphone)
        entering = asyncio.create_task(session.__aenter__())
        await asyncio.wait_for(greeted.wait(), 5)
        entering.cancel()
        await asyncio.wait({entering}, timeout=5)
        assert entering.cancelled()
        assert microphone.is_closed


async def test_hanging_up_while_it_dials_needs_no_answer() -> None:
    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    session = Session(endpoint=resolve(f"ws://127.0.0.1:{port}/v1/realtime"))
    entering = asyncio.create_task(session.__aenter__())
    await asyncio.wait({entering}, timeout=0.05)
    await asyncio.wait_for(session.close(), 5)
    await asyncio.wait({entering}, timeout=5)
    assert entering.result() is session
    server.close()


@pytest.mark.parametrize(
    "frame",
    [
        "", "null", "[]", "{", "{}", '{"type": 5}', b"\x00\xff", b"{}",
        '{"type": "response.done"}', '{"type": "error"}', '{"type": "session.updated"}',
        '{"type": "response.output_audio.delta", "delta": "%%%", "item_id": "i"}',
        "[" * 2_000, '{"type": "x", "number": ' + "9" * 5_000 + "}",
    ],
)  # fmt: skip
async def test_one_bad_frame_never_ends_a_session(frame: str | bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.send_raw(frame)
        await peer.send(events.response_created("r1"), events.response_done("r1"))

    async with ScriptedEndpoint(script) as endpoint:
        async with Session(endpoint=resolve(endpoint.url)) as session:
            await Reader(session).until(ResponseFinished)


async def test_a_flood_of_bad_frames_ends_it() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        for _ in range(30):
            await peer.send_raw("nonsense")

    async with ScriptedEndpoint(script) as endpoint:
        with pytest.raises(LinkLost, match="too many frames"):
            async with Session(endpoint=resolve(endpoint.url), persistence=GIVES_UP) as session:
                await rest_of(session)


async def test_an_error_of_the_endpoint_is_shown_and_survived() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.send(events.error("server_error", "Oops, sk-canary"))
        await peer.send(events.response_created("r1"), events.response_done("r1"))

    async with ScriptedEndpoint(script) as endpoint:
        async with Session(endpoint=resolve(endpoint.url), api_key="sk-canary") as session:
            reader = Reader(session)
            error = await reader.until(ErrorReported)
            assert error == ErrorReported("server_error", "Oops, ***")
            await reader.until(ResponseFinished)


async def test_a_bug_of_ours_ends_the_session_and_is_raised_as_it_is() -> None:
    class Broken(RecordingSpeaker):
        def play(self, item_id: str, content_index: int, pcm: bytes) -> None:
            raise ZeroDivisionError("a bug")

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.send(events.audio_delta("r1", "i1", 100))

    speaker = Broken(MovedClock())
    async with ScriptedEndpoint(script) as endpoint:
        with pytest.raises(ZeroDivisionError, match="a bug"):
            async with Session(endpoint=resolve(endpoint.url), speaker=speaker) as session:
                await rest_of(session)
    assert speaker.is_closed


async def test_a_bug_in_a_callback_ends_the_session_too() -> None:
    clock = MovedClock()

    class Broken(RecordingSpeaker):
        def start(self, on_drained: Callable[[], None]) -> None:
            self.drained = on_drained

    async def script(peer: Peer) -> None:
        await peer.greet()

    speaker = Broken(clock)
    async with ScriptedEndpoint(script) as endpoint:
        with pytest.raises(ZeroDivisionError):
            async with Session(endpoint=resolve(endpoint.url), speaker=speaker) as session:
                session._core.handle = raising  # type: ignore[assignment,method-assign]
                asyncio.get_running_loop().call_soon(speaker.drained)
                await rest_of(session)


def raising(event: object, now_ms: int) -> list[object]:
    raise ZeroDivisionError("a bug")
