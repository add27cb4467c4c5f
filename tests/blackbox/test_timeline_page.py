from html.parser import HTMLParser

import pytest

from tests.blackbox.recorded import hold_conversation
from voice.blackbox.timeline import Mark, Span, Timeline, read_timeline
from voice.blackbox.timeline_page import WIDEST_PX, timeline_page

VOID = {"meta", "line", "path", "rect", "br"}


class Strict(HTMLParser):
    """Checks that what is opened is closed, and keeps tags and text."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self.open and self.open[-1] in VOID and self.open[-1] != tag:
            self.open.pop()
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def parsed(timeline):
    page = Strict()
    page.feed(timeline_page(timeline, title="A <title>"))
    return page


@pytest.fixture
def page(tmp_path):
    hold_conversation(tmp_path / "x.vbox")
    return parsed(read_timeline(tmp_path / "x.vbox"))


def test_texts_are_shown_and_never_run(page):
    assert "Tell me <a> story." in page.text
    assert "A <title>" in page.text
    assert not [tag for tag, _ in page.tags if tag in ("script", "a", "img", "link")]


def test_both_waveforms_are_drawn(page):
    drawn = {attrs.get("class"): attrs["d"] for tag, attrs in page.tags if tag == "path"}
    assert len(drawn["user"]) > 100
    assert len(drawn["assistant"]) > 100


def test_unheard_words_are_struck_out(page):
    assert [attrs for tag, attrs in page.tags if attrs.get("class") == "unheard"]


def test_a_long_conversation_is_drawn_at_a_smaller_scale():
    page = parsed(Timeline(duration_ms=3 * 3_600_000))
    (svg,) = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert int(svg["width"]) <= WIDEST_PX + 100


def test_a_tool_call_and_a_warning_can_be_pointed_at():
    timeline = Timeline(
        duration_ms=2_000,
        spans=[Span("tool", 100, 400, "search", '{"q": "<b>"} → found')],
        marks=[Mark("warning", 500, "odd: <i>")],
    )
    page = parsed(timeline)
    assert 'search({"q": "<b>"} → found)' in page.text
    assert "odd: <i>" in page.text


def test_an_unfinished_recording_says_so():
    assert "ends without its end" in parsed(Timeline(duration_ms=1_000)).text
