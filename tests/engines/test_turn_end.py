import timeit

import pytest

import audio_fixtures
from voice.engines.ports import TurnEnd
from voice.engines.turn_end import COMPLETE, INCOMPLETE, UNKNOWN, WordsTurnEnd

WHOLE = [
    "What is fifteen percent of eighty?",
    "What time is it?",
    "What time is it in Tokyo?",
    "Hello, who are you?",
    "Set a timer for ten minutes.",
    "Set a timer for 10 minutes",
    "Cancel the timer,",
    "Convert five miles to kilometers,",
    "Who wrote Hamlet,",
    "Turn the volume down.",
    "Turn it up",
    "Turn off the lights",
    "Turn the lights off",
    "Tell me a joke.",
    "Hello, how are you?",
    "Thank you very much.",
    "Stop.",
    "Yes, please.",
    "No, never mind.",
    "What day is it today?",
    "Wake me up at half past seven tomorrow morning.",
    "Add milk to the shopping list.",
    "What is on my shopping list?",
    "What is five plus five?",
    "What's the weather like?",
    "What's the weather like in Paris?",
    "Who is the president of France?",
    "Where are you from?",
    "What are you waiting for?",
    "How old are you?",
    "Do you know what time it is?",
    "Can you tell me where that is?",
    "Play some jazz music",
    "Next song",
    "How are you doing?",
    "Remind me to call mom tomorrow",
    "Set an alarm for 7:30",
    "Set a 5 minute timer",
    "Set a ten minute timer",
    "Pause",
    "Louder",
    "Is the light on?",
    "Turn it off please",
    "Turn the heating on",
    "What can you do?",
    "Help me",
    "Who is that?",
    "What is this?",
    "Open the door",
    "Read me my shopping list",
    "How far is the moon?",
    "What's up?",
    "I think so",
    "Yes I do",
    "My name is Sarah",
    "That's all",
    "I don't know",
    "Set the volume to 40%",
    "Set the volume to forty percent",
    "My number is 555-1234",
    "What is the square root of 144?",
    "When was the moon landing in 1969?",
    "Tell me more",
    "Never mind",
    "Okay thanks",
    "Go back",
    "What is my name?",
    "Who are they?",
    "Good night",
    "Tell me about yourself",
    "How much is it?",
    "Delete that",
    "Five miles in kilometers",
    "What is the capital of Japan?",
    "Take a note, call the dentist on Monday.",
    "Wait, stop, that is not what I meant.",
    "Go forward ten meters",
    "Go somewhere and do something",
]

CUT = [
    "Set a timer for",
    "Set a timer",
    "Set a",
    "Set",
    "Um",
    "What is the time in the",
    "Add butter and.",
    "Add butter and",
    "I would like to, um,",
    "I would like to",
    "What time is it in",
    "What is",
    "What's the",
    "Remind me to",
    "Remind me",
    "My number is 5 5 5",
    "My number is five five five, one",
    "Two nine three four zero",
    "And",
    "Can you",
    "Can you please",
    "Could you tell me",
    "Tell me",
    "I want",
    "I need",
    "I need to",
    "Convert five miles",
    "Convert five miles to",
    "What is five plus",
    "What is 15 percent of",
    "How many",
    "How many ounces are",
    "Wake me up at",
    "Turn on",
    "Put milk on the",
    "Add milk to the",
    "Add milk to the shopping",
    "If it rains tomorrow",
    "When I get home,",
    "Who wrote",
    "Where is",
    "What do you",
    "I think that the",
    "The",
    "So",
    "Set an alarm for seven and",
    "Is there a",
    "The weather in",
    "Play something by",
    "Call my",
    "It's",
    "I'm",
    "What's",
    "Hey can you",
    "Set a timer for ten",
    "Set the volume to",
    "Let me think",
    "Hello, um",
    "What is the capital of",
    "Please tell me the",
    "Send a message to",
    "Give me",
    "Okay so",
]

OPEN = [
    "Multiply four by eighty.",
    "What is the capital",
    "Add milk",
    "Set an alarm for seven",
    "Jazz",
    "Set the volume to twenty",
    "Tokyo",
    "Hello,",
    "Good morning",
    "Okay.",
    "Hello there",
    "Where are you",
    "...",
    "Turn the volume down -",
]

PROBABILITY = WordsTurnEnd().probability


def test_it_is_what_the_port_asks_for():
    port: TurnEnd = WordsTurnEnd()
    assert port.probability("Stop.") == COMPLETE


@pytest.mark.parametrize("text", WHOLE)
def test_whole_turns_are_complete(text):
    assert PROBABILITY(text) == COMPLETE


@pytest.mark.parametrize("text", CUT)
def test_turns_that_break_off_are_incomplete(text):
    assert PROBABILITY(text) == INCOMPLETE


@pytest.mark.parametrize("text", OPEN)
def test_turns_that_may_go_on_are_unsure(text):
    assert PROBABILITY(text) == UNKNOWN


def test_nothing_heard_says_nothing():
    assert PROBABILITY("") == PROBABILITY(" , .") == UNKNOWN


@pytest.mark.parametrize("text", ["Set a timer for", "What time is it in", "Add butter and"])
def test_a_full_stop_behind_cut_speech_changes_nothing(text):
    assert PROBABILITY(text) == PROBABILITY(f"{text}.") == PROBABILITY(f"{text}?") == INCOMPLETE


def test_requests_of_the_fixtures_are_complete_and_their_beginnings_mostly_are_not():
    requests = {
        clip["transcript"]
        for name, clip in audio_fixtures.load_manifest().items()
        if clip["kind"] == "synthetic" and not name.startswith("ends_in")
    }
    cut = {
        " ".join(request.split()[:count])
        for request in requests
        for count in range(1, len(request.split()))
    }
    complete = [PROBABILITY(request) == COMPLETE for request in requests]
    early = [PROBABILITY(text) == COMPLETE for text in cut]
    # Some beginnings are turns by themselves ("What time is it"), so none of all cannot be had.
    assert sum(complete) / len(complete) > 0.95
    assert sum(early) / len(early) < 0.2


def test_a_judgement_takes_well_under_a_millisecond():
    text = "wake me up at half past seven tomorrow morning and then tell me about the weather " * 10
    assert min(timeit.repeat(lambda: PROBABILITY(text), number=10, repeat=5)) / 10 < 0.001
