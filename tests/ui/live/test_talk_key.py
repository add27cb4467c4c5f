from voice.core.client_inputs import Button
from voice.ui.live.talk_key import FIRST_REPEAT_S, REPEAT_S, TalkKey


def test_without_push_to_talk_the_key_interrupts() -> None:
    key = TalkKey("off")
    assert [key.press(0.0), key.press(0.1)] == [Button.INTERRUPT, Button.INTERRUPT]
    assert key.tick(9.0) is None


def test_toggle_goes_down_and_up() -> None:
    key = TalkKey("toggle")
    assert [key.press(0.0), key.press(1.0)] == [Button.TALK_DOWN, Button.TALK_UP]
    assert key.press(2.0) is Button.TALK_DOWN
    assert key.tick(99.0) is None


def test_held_key_is_released_when_its_repeats_stop() -> None:
    key = TalkKey("hold")
    assert key.press(0.0) is Button.TALK_DOWN
    assert key.tick(FIRST_REPEAT_S - 0.01) is None
    assert key.press(0.5) is None
    assert key.press(0.53) is None
    assert key.tick(0.53 + REPEAT_S - 0.01) is None
    assert key.tick(0.53 + REPEAT_S) is Button.TALK_UP
    assert key.tick(5.0) is None


def test_short_press_is_released_once_no_repeat_can_come() -> None:
    key = TalkKey("hold")
    key.press(0.0)
    assert key.tick(FIRST_REPEAT_S) is Button.TALK_UP


def test_hint_says_what_the_key_does_now() -> None:
    key = TalkKey("toggle")
    before = key.hint
    key.press(0.0)
    assert (before, key.hint) == ("talk", "end your turn")
    assert TalkKey("hold").hint == "hold to talk"
    assert TalkKey("off").hint == "interrupt"
