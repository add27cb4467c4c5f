"""Updates go in, entries and facts come out."""

import pytest

from voice.core import updates as u
from voice.core.cost import CostUpdated, Tokens
from voice.core.updates import Phase, Update
from voice.ui.live.entries import AnswerEntry, NoteEntry, Role, ToolEntry, UserEntry
from voice.ui.live.model import MAX_ENTRIES, LiveModel


def told(*updates: Update) -> LiveModel:
    """Return a model that took updates, a second apart."""
    model = LiveModel("the endpoint", now_s=100.0)
    for number, update in enumerate(updates):
        model.take(update, 101.0 + number)
    return model


def shown(model: LiveModel) -> list[tuple[str, str]]:
    """Return each entry's label and all of its words."""
    return [
        (
            entry.label,
            " / ".join("".join(words for words, _ in row) for row in entry.paragraphs(200.0)),
        )
        for entry in model.entries
    ]


ANSWER = u.AssistantTranscript("r", "a", "It is four degrees.", is_final=False)

CASES: list[tuple[str, list[Update], list[tuple[str, str]]]] = [
    (
        "words of the user that are not final end in dots",
        [u.UserTranscript("i", "What is", is_final=False)],
        [("You", "What is …")],
    ),
    (
        "the final words take the place of the others",
        [
            u.UserTranscript("i", "What is", is_final=False),
            u.UserTranscript("i", "What is it?", is_final=True),
        ],
        [("You", "What is it?")],
    ),
    ("a turn without words is not shown", [u.UserTranscript("i", " ", is_final=True)], []),
    ("an answer grows", [ANSWER], [("Assistant", "It is four degrees. …")]),
    (
        "what nobody heard of an answer stands in brackets",
        [ANSWER, u.Interrupted("a", 500, "It is", " four degrees.", "the stop key")],
        [("Assistant", "It is [not heard: four degrees.] / interrupted: the stop key")],
    ),
    (
        "the endpoint's own account of what was heard counts",
        [
            ANSWER,
            u.Interrupted("a", 500, "It", " is four degrees."),
            u.TranscriptCorrected("a", "It is"),
        ],
        [("Assistant", "It is [not heard: four degrees.]")],
    ),
    (
        "words that come after the cut are not shown as heard",
        [
            ANSWER,
            u.Interrupted("a", 500, "It is", " four degrees."),
            u.AssistantTranscript("r", "a", "It is four degrees. And more.", is_final=True),
        ],
        [("Assistant", "It is [not heard: four degrees.]")],
    ),
    (
        "a call is shown with its arguments, then its result",
        [
            u.ToolCallStarted("c", "get_time", '{"city": "Oslo"}'),
            u.ToolCallFinished("c", "get_time", "12:30", is_error=False),
        ],
        [("Tool", 'get_time(city="Oslo") / → 12:30 (1.0 s)')],
    ),
    (
        "a failed call says so in words",
        [
            u.ToolCallStarted("c", "get_time", "{}"),
            u.ToolCallFinished("c", "get_time", "no such city", is_error=True),
        ],
        [("Tool", "get_time() / failed: no such city")],
    ),
    (
        "a picture's path stands by itself",
        [
            u.ToolCallStarted("c", "draw", "{}"),
            u.ToolCallFinished("c", "draw", "saved as /tmp/out/map.png.", is_error=False),
        ],
        [("Tool", "draw() / → saved as /tmp/out/map.png. (1.0 s) / picture: /tmp/out/map.png")],
    ),
    (
        "a lost connection is told once, however often it is tried",
        [u.ConnectionLost("no route", 500, 1), u.ConnectionLost("no route", 900, 2)],
        [("·", "the connection is lost: no route; trying again")],
    ),
    (
        "another endpoint and why",
        [u.EndpointChanged("backup", 1, "the first is gone")],
        [("·", "going on at backup, since the first is gone")],
    ),
    ("a warning is named", [u.WarningIssued("x", "slow network")], [("Warning", "slow network")]),
    ("an error is named", [u.ErrorReported("x", "no quota")], [("Error", "no quota")]),
    (
        "a device that is gone is a warning",
        [u.DeviceUpdate("microphone", "USB", False, "unplugged")],
        [("Warning", "microphone: USB, unplugged")],
    ),
    (
        "news before a device has a name are told without one",
        [u.DeviceUpdate("microphone", "", True, "half duplex")],
        [("·", "microphone: half duplex")],
    ),
    (
        "a control character never reaches the screen",
        [u.UserTranscript("i", "a\x1b[2Jb", is_final=True)],
        [("You", "a [2Jb")],
    ),
]


@pytest.mark.parametrize(("updates", "expected"), [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])  # fmt: skip
def test_entries(updates: list[Update], expected: list[tuple[str, str]]) -> None:
    assert shown(told(*updates)) == expected


def test_phase_and_its_cause_are_kept_and_noted() -> None:
    model = told(u.PhaseChanged(Phase.SPEAKING, "the answer sounds"))

    assert (model.phase, model.cause) == (Phase.SPEAKING, "the answer sounds")
    assert [(h.at_s, h.text, h.cause) for h in model.happenings] == [
        (1.0, "speaking", "the answer sounds")
    ]


def test_answer_shows_where_the_voice_is() -> None:
    model = told(u.PhaseChanged(Phase.SPEAKING), ANSWER)

    assert model.hear({"a": "It is"})
    assert not model.hear({"a": "It is"})
    assert shown(model) == [("Assistant", "It is ▸ four degrees.")]


def test_answer_that_sounded_to_its_end_has_no_playhead() -> None:
    model = told(u.PhaseChanged(Phase.SPEAKING), ANSWER)
    model.hear({"a": "It is"})
    model.take(u.AssistantTranscript("r", "a", "It is four degrees.", is_final=True), 110.0)
    model.take(u.PhaseChanged(Phase.LISTENING), 111.0)

    assert shown(model) == [("Assistant", "It is four degrees.")]


def test_pause_is_shown_until_the_answer_goes_on() -> None:
    model = told(u.PhaseChanged(Phase.SPEAKING), u.PlaybackPaused("speech over our voice"))
    assert model.is_paused
    model.take(u.PlaybackResumed("backchannel", "mm-hm", "'mm-hm' is a backchannel"), 120.0)
    assert not model.is_paused
    assert [h.text for h in model.happenings] == ["speaking", "paused", "resumed"]


def test_progress_of_a_tool_server_stands_beside_its_call() -> None:
    model = told(u.ToolCallStarted("c", "files__search", "{}"))
    model.tool_line("files search: 40% of them")
    model.tool_line("other: restarted")

    [call, note] = model.entries
    assert isinstance(call, ToolEntry) and call.progress == "40% of them"
    assert isinstance(note, NoteEntry) and note.text == "other: restarted"


def test_timing_of_the_last_turn_and_the_median_of_all() -> None:
    model = LiveModel("x", now_s=0.0)
    for number, first_audio_ms in enumerate((1_500, 1_700, 1_900)):
        model.take(u.UserSpeechStarted(f"i{number}"), 1.0)
        model.take(
            u.TurnTimeline(f"r{number}", 1_000, 1_200, 1_300, 1_400, first_audio_ms, 3_000), 2.0
        )

    assert model.timing is not None and model.timing.first_audio_ms == 900
    assert (model.timed_turns, model.usual_first_audio_ms) == (3, 700)


def test_typed_line_is_an_entry_at_once() -> None:
    model = LiveModel("x", now_s=0.0)
    model.typed("hello", 1.0)
    [entry] = model.entries
    assert isinstance(entry, UserEntry) and entry.is_final


def test_cost_and_end_are_kept() -> None:
    cost = CostUpdated("r", "", Tokens(), Tokens(), Tokens(), 0.1, 0.1, 0.2, 1.0, "USD")
    ended = u.Ended(u.EndKind.LINK_LOST, 1006, "gone")
    model = told(cost, ended)
    assert (model.cost, model.ended) == (cost, ended)
    assert model.happenings[-1].cause == "gone"


def test_same_remark_is_not_repeated() -> None:
    model = LiveModel("x", now_s=0.0)
    model.note("once")
    model.note("once")
    assert len(model.entries) == 1


def test_long_conversation_keeps_the_newest_entries() -> None:
    model = LiveModel("x", now_s=0.0)
    for number in range(MAX_ENTRIES + 5):
        model.note(f"remark {number}", Role.NOTE)
    assert len(model.entries) == MAX_ENTRIES
    assert shown(model)[-1] == ("·", f"remark {MAX_ENTRIES + 4}")


def test_cut_of_an_answer_without_words_is_shown() -> None:
    model = told(u.Interrupted("a", 0, "", ""))
    [entry] = model.entries
    assert isinstance(entry, AnswerEntry) and shown(model) == [("Assistant", "[cut here]")]
