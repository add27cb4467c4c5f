import pytest

from voice.core import updates as u
from voice.core.updates import Phase
from voice.hands_free import Levels
from voice.ui.live import panels
from voice.ui.live.model import LiveModel

LEVELS = Levels(-20.0, -90.0, True, 28.0, "full duplex")
WIDTHS = [20, 40, 80, 110, 200]


def model() -> LiveModel:
    made = LiveModel("an endpoint with a rather long name", now_s=0.0)
    made.take(u.PhaseChanged(Phase.SPEAKING, "a cause of many words " * 5), 1.0)
    made.take(u.UserSpeechStarted("i"), 1.0)
    made.take(u.TurnTimeline("r", 1_000, 1_200, 1_300, 1_400, 1_900, 3_000), 2.0)
    made.take(u.ConnectionLost("the network is unreachable", 4_000, 2), 3.0)
    return made


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    shown = model()
    texts = [
        panels.phase_line(shown, 60.0, width),
        panels.meters_line(shown, LEVELS, max(width, 60)),
        panels.timeline_rows(shown, max(width, 40)),
        panels.facts_rows(shown, 60.0, width, recording="off", sound="full duplex"),
        panels.happenings_rows(shown, width, 10),
        panels.keys_line([("space", "interrupt"), ("m", "mute")] * 5, width),
        panels.question_line("Shall I delete everything that was ever written?", width),
    ]
    widest = [max(width, 60) if n == 1 else max(width, 40) if n == 2 else width for n in range(7)]
    for text, limit in zip(texts, widest, strict=True):
        assert all(line.cell_len <= limit for line in text.split("\n")), text.plain


def test_phase_line_says_phase_cause_and_time() -> None:
    shown = LiveModel("x", now_s=0.0)
    shown.take(u.PhaseChanged(Phase.THINKING, "224 ms of silence"), 1.0)
    words = panels.phase_line(shown, 65.0, 80).plain.split()
    assert words == ["THINKING", "224", "ms", "of", "silence", "1:05"]


def test_speech_and_mute_are_said_in_words() -> None:
    shown = LiveModel("x", now_s=0.0)
    assert "-20 dB speech" in panels.meters_line(shown, LEVELS, 80).plain
    shown.is_muted = True
    assert "-20 dB muted" in panels.meters_line(shown, LEVELS, 80).plain


def test_timeline_has_a_row_for_each_step_and_its_time() -> None:
    rows = panels.timeline_rows(model(), 50).plain.split("\n")
    assert [row.split()[-2:] for row in rows] == [
        ["200", "ms"],
        ["300", "ms"],
        ["400", "ms"],
        ["900", "ms"],
    ]


def test_question_is_shown_with_its_keys() -> None:
    assert panels.question_line("Shall I?", 40).plain.rstrip().endswith("y yes · n no")


def test_unknown_echo_is_not_told() -> None:
    assert panels.sound_words(Levels(-90, -90, False, None, "headphones")) == "headphones"
