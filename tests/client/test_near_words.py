import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.client.near_words import DECIDED_MS, PATIENT_MS, is_question, judge
from voice.core.client_inputs import NearKind

SAID = "The weather in London tomorrow is cloudy with a high of twelve degrees and some rain"
QUESTION = "There are two lists. Shall I add milk to the shopping list?"

INTERRUPTION, BACKCHANNEL = NearKind.INTERRUPTION, NearKind.BACKCHANNEL
NOISE, ECHO = NearKind.NOISE, NearKind.ECHO


def kind(words, voiced_ms=320, since_onset_ms=420, on=False, said=SAID, **more):
    found = judge(
        words,
        said=said,
        voiced_ms=voiced_ms,
        since_onset_ms=since_onset_ms,
        is_voice_on=on,
        **more,
    )
    if found is None:
        return None
    assert found.cause
    return found.kind


@pytest.mark.parametrize(
    "words",
    ["Stop.", "Wait,", "Hold on.", "Hang on", "Excuse me.", "Quiet!", "Shut up.", "Cancel.",
     "Okay, stop.", "No, stop it.", "Um, wait a moment.", "Never mind.", "Stop please."],
)  # fmt: skip
def test_a_plea_for_silence_interrupts_while_it_is_still_being_spoken(words):
    assert kind(words, voiced_ms=240, since_onset_ms=260, on=True) is INTERRUPTION


def test_the_first_quarter_of_a_second_is_not_believed():
    # "Exactly" begins like "excuse me".
    assert kind("Excuse me.", voiced_ms=140, since_onset_ms=150, on=True) is None


def test_the_assistants_name_interrupts():
    early = {"voiced_ms": 250, "since_onset_ms": 260, "on": True}
    assert kind("Hey Jarvis.", names=["hey_jarvis"], **early) is INTERRUPTION
    assert kind("Nabu", names=["Nabu"], **early) is INTERRUPTION
    assert kind("Nabu", **early) is None


BACKCHANNELS = [
    "Mm-hm.", "Mm-hmm,", "Mm hmm.", "Mhm", "Uh-huh", "Uh huh", "Mmm", "Hmm.", "Um.", "Yeah.",
    "Yes.", "Right?", "Right.", "Okay.", "Ok, got it.", "I see.", "Sure.", "Got it?", "Wow.",
    "Well,", "Really?", "Haha.", "Aha!", "Oh,", "Oh, no.", "Yeah, yeah.", "Okay, right.",
    "Exactly.", "Cool.", "Nice.", "True.", "Mama.", "Mamma.,", "Now.", "Of her.", "Thank you.",
    "Ja.", "Genau.", "Ach so.",
]  # fmt: skip


@pytest.mark.parametrize("words", BACKCHANNELS)
def test_a_backchannel_is_one_once_the_voice_has_paused(words):
    assert kind(words) is BACKCHANNEL
    assert kind(words, on=True) is None


@pytest.mark.parametrize("words", ["Yeah, but what?", "Okay, and Paris?", "Yes, but."])
def test_words_that_follow_a_backchannel_interrupt(words):
    assert kind(words, voiced_ms=600, since_onset_ms=600, on=True) is not BACKCHANNEL
    assert kind(words, voiced_ms=600, since_onset_ms=700) is INTERRUPTION


def test_a_backchannel_that_does_not_end_is_an_interruption_in_the_end():
    assert kind("Yeah", voiced_ms=880, since_onset_ms=900, on=True) is None
    assert kind("Yeah", voiced_ms=DECIDED_MS, since_onset_ms=920, on=True) is INTERRUPTION


def test_a_string_of_backchannels_may_take_longer():
    many = "Yeah, yeah, okay, got it."
    assert kind(many, voiced_ms=1_100, since_onset_ms=1_200, on=True) is None
    assert kind(many, voiced_ms=1_100, since_onset_ms=1_200) is BACKCHANNEL
    assert kind(many, voiced_ms=PATIENT_MS, since_onset_ms=1_400, on=True) is INTERRUPTION


@pytest.mark.parametrize("words", ["Yes.", "Yeah.", "Mm-hmm.", "Sure.", "No.", "Okay.", "Nope"])
def test_an_answer_to_our_question_interrupts(words):
    assert kind(words, said=QUESTION) is INTERRUPTION


def test_yes_answers_though_we_said_yes_ourselves():
    assert kind("Yes.", said="Shall I do it? Say yes or no.") is INTERRUPTION


def test_an_early_reading_of_an_answer_is_not_trusted():
    early = {"voiced_ms": 200, "since_onset_ms": 200, "on": True, "said": QUESTION}
    assert kind("No.", **early) is None
    assert kind("Yes.", **early) is None


def test_amazement_at_a_question_is_no_answer():
    assert kind("Wow.", said=QUESTION) is BACKCHANNEL


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        (QUESTION, True),
        ("Is it you? Just say so.", True),
        ("Who wrote it? It was a poet who lived in London for all of his long life.", False),
        (SAID, False),
        ("", False),
    ],
)
def test_a_question_counts_near_the_end_of_what_we_said(said, asks):
    assert is_question(said) is asks


@pytest.mark.parametrize(
    "words", ["London", "weather in", "is cloudy with", "twelve degrees", "whether in Londen", "of"]
)
def test_fragments_of_what_we_say_are_our_echo_once_they_end(words):
    assert kind(words) is ECHO
    assert kind(words, on=True) is None


def test_our_words_in_a_voice_that_goes_on_are_not_our_echo():
    assert kind("The weather in London", voiced_ms=800, since_onset_ms=900) is INTERRUPTION


def test_a_plea_for_silence_within_our_own_words_is_our_echo():
    said = "To end it say stop the timer at any time"
    assert kind("Stop the timer", said=said) is ECHO
    assert kind("Stop.", said=said) is INTERRUPTION


@pytest.mark.parametrize(
    "words",
    ["What about Paris?", "Tokyo.", "Louder.", "What?", "Set a time.", "No, I.", "No.",
     "How are you?", "Said it."],
)  # fmt: skip
def test_other_words_interrupt(words):
    assert kind(words) is INTERRUPTION
    assert kind(words, voiced_ms=500, since_onset_ms=520, on=True) is INTERRUPTION


def test_one_word_may_still_become_another():
    # A recogniser writes "No" for the first 200 ms of "mm-hm" and of "okay".
    assert kind("No", voiced_ms=200, since_onset_ms=220, on=True) is None
    assert kind("Real", voiced_ms=300, since_onset_ms=320, on=True) is None


@pytest.mark.parametrize("words", ["The.", "If.", "If I.", "God.", "How?"])
def test_a_short_sound_read_as_a_scrap_of_a_sentence_lets_us_go_on(words):
    assert kind(words, said="Twelve degrees") is BACKCHANNEL
    assert kind(words, said="Twelve degrees", voiced_ms=600, since_onset_ms=700) is INTERRUPTION


@pytest.mark.parametrize("words", ["Marl.", "Cause her.", "No.", "It hurts."])
def test_a_short_reading_that_the_recogniser_doubts_is_nothing(words):
    assert kind(words, confidence=0.55) is NOISE
    assert kind(words, confidence=0.55, on=True) is None
    assert kind(words, confidence=0.55, voiced_ms=600, since_onset_ms=750) is INTERRUPTION


def test_a_plea_for_silence_is_believed_though_it_is_doubted():
    assert kind("Stop.", confidence=0.55) is INTERRUPTION
    assert kind("Stop.", confidence=0.45) is NOISE


@pytest.mark.parametrize("words", ["Louder.", "Sorry?", "Skip that."])
def test_a_wish_of_one_word_is_believed_though_it_is_doubted(words):
    assert kind(words, confidence=0.55) is INTERRUPTION
    assert kind(words, confidence=0.45) is NOISE


def test_a_short_scrap_of_our_voice_that_is_read_as_other_words_is_our_echo():
    assert kind("They're in.", confidence=0.77) is ECHO
    assert kind("They're in.", confidence=0.77, on=True) is None
    assert kind("They're in.", confidence=0.95) is INTERRUPTION
    assert kind("They're in.", confidence=0.77, voiced_ms=600, since_onset_ms=700) is INTERRUPTION


@pytest.mark.parametrize("words", ["You said.", "Sorry.", "Front.", "Hello."])
def test_what_a_very_short_voice_said_must_be_sure(words):
    # "Sure" is read as "sorry", and a crumb of our own voice as anything.
    assert kind(words, voiced_ms=240, confidence=0.75) is NOISE
    assert kind(words, voiced_ms=240, confidence=0.85) is INTERRUPTION
    assert kind(words, voiced_ms=320, confidence=0.75) is INTERRUPTION


def test_before_the_room_is_known_words_must_be_sure_or_many():
    new = {"confidence": 0.75, "is_room_known": False}
    assert kind("Who's it?", **new) is NOISE
    assert kind("Who's it?", since_onset_ms=500, voiced_ms=450, on=True, **new) is None
    assert kind("Who's it?", since_onset_ms=600, voiced_ms=450, on=True, **new) is INTERRUPTION
    assert kind("Two.", voiced_ms=240, confidence=0.83, is_room_known=False) is NOISE
    sure = {"confidence": 0.9, "is_room_known": False}
    assert kind("Who's it?", **sure) is INTERRUPTION
    assert kind("Who's it?", on=True, **sure) is INTERRUPTION
    assert kind("Stop.", **new) is INTERRUPTION


def test_two_words_in_a_voice_that_lasts_interrupt_though_they_are_doubted():
    doubted = {"confidence": 0.45, "on": True, "since_onset_ms": 500}
    assert kind("Turn the vibe", voiced_ms=400, **doubted) is INTERRUPTION
    assert kind("Turn the vibe", voiced_ms=350, **doubted) is None
    assert kind("Vibe", voiced_ms=400, **doubted) is None


def test_one_word_is_believed_early_where_it_is_sure_and_no_beginning_of_a_backchannel():
    early = {"voiced_ms": 400, "since_onset_ms": 420, "on": True}
    assert kind("Seven.", confidence=0.9, **early) is INTERRUPTION
    assert kind("Seven.", confidence=0.7, **early) is None
    assert kind("Exact", confidence=0.9, **early) is None
    assert kind("Inter", confidence=0.9, **early) is None


@pytest.mark.parametrize("words", ["I think", "I say", "Oh, hello", "Got a"])
def test_two_words_that_may_be_heard_wrongly_for_a_backchannel_wait_a_little(words):
    # "I see" is read so at first.
    early = {"voiced_ms": 300, "on": True, "confidence": 0.75}
    assert kind(words, since_onset_ms=320, **early) is None
    assert kind("What time", since_onset_ms=320, **early) is INTERRUPTION


@pytest.mark.parametrize("words", ["And butter.", "Oh, forward."])
def test_a_new_word_after_a_backchannel_interrupts_where_the_voice_goes_on(words):
    assert kind(words, voiced_ms=480, since_onset_ms=500, on=True) is None
    assert kind(words, voiced_ms=560, since_onset_ms=580, on=True) is INTERRUPTION
    assert kind("Ok, got.", voiced_ms=560, since_onset_ms=580, on=True) is None


def test_a_backchannel_may_still_be_growing():
    growing = {"voiced_ms": 500, "since_onset_ms": 520, "on": True}
    assert kind("Ok, got.", **growing) is None
    assert kind("Yes, but", **growing) is None
    assert kind("Yes, but what", **growing) is INTERRUPTION


def test_a_sound_without_words_is_noise():
    assert kind("", voiced_ms=240, since_onset_ms=350) is NOISE
    assert kind("", voiced_ms=700, since_onset_ms=900) is NOISE
    assert kind("...", voiced_ms=240, since_onset_ms=350) is NOISE
    assert kind("", voiced_ms=240, since_onset_ms=300, on=True) is None
    assert kind("", voiced_ms=100, since_onset_ms=120) is None


def test_a_voice_that_goes_on_interrupts_without_words():
    assert kind("", voiced_ms=DECIDED_MS, since_onset_ms=920, on=True) is INTERRUPTION


def test_without_a_recogniser_length_decides():
    alone = {"has_recogniser": False}
    assert kind("", voiced_ms=120, since_onset_ms=300, **alone) is NOISE
    assert kind("", voiced_ms=320, since_onset_ms=450, **alone) is BACKCHANNEL
    assert kind("", voiced_ms=320, since_onset_ms=330, on=True, **alone) is None
    assert kind("", voiced_ms=520, since_onset_ms=530, on=True, **alone) is INTERRUPTION


@given(st.text(max_size=80), st.text(max_size=200), st.booleans(), st.integers(PATIENT_MS, 9_000))
def test_enough_voice_is_always_judged(words, said, on, voiced_ms):
    assert kind(words, voiced_ms, voiced_ms + 50, on, said) is not None


@given(st.text(max_size=80), st.text(max_size=200), st.integers(0, PATIENT_MS))
def test_a_pause_is_always_judged(words, said, voiced_ms):
    assert kind(words, voiced_ms, voiced_ms + 300, False, said) is not None
