from __future__ import annotations

from pathlib import Path

from tools.surroundings import MAX_SAID, Said, SessionFacts, Surroundings
from tools.testing import make_context


def test_a_tool_without_a_conversation_knows_nothing_of_one(tmp_path: Path) -> None:
    context = make_context(tmp_path)

    assert context.conversation() == ()
    assert context.session == SessionFacts()


def test_a_tool_sees_the_newest_turns_and_where_it_is(tmp_path: Path) -> None:
    said = tuple(Said("user", str(number)) for number in range(MAX_SAID + 10))
    facts = SessionFacts(endpoint="ours", language="en", has_speaker=True)
    around = Surroundings(conversation=lambda: said, session=lambda: facts)

    context = make_context(tmp_path, surroundings=around)

    assert context.conversation() == said[-MAX_SAID:]
    assert context.session is facts
