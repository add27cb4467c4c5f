"""Short answers to what people say to a machine out of politeness or curiosity."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from rapidfuzz import fuzz

_ALIKE = 91
"""Likeness in percent from which two short sentences count as the same."""

_VOCATIVES = frozenset("there computer assistant everyone robot machine buddy friend dear".split())

YES = frozenset(
    {
        "yes", "yeah", "yep", "yup", "sure", "ok", "okay", "of course", "please do", "do it",
        "yes please", "right", "correct", "that is right", "exactly", "go ahead", "absolutely",
        "definitely", "yes do it", "yes do that", "do that", "please", "that is it", "indeed",
        "yes i did", "i did", "sure thing", "why not", "yes that is right", "affirmative",
    }
)  # fmt: skip
NO = frozenset(
    {
        "no", "nope", "nah", "no thanks", "no thank you", "not really", "wrong", "do not",
        "do not do that", "that is wrong", "no i did not", "i did not", "no do not", "not that",
        "negative", "no way",
    }
)  # fmt: skip
CANCEL = frozenset(
    {
        "never mind", "nevermind", "forget it", "forget about it", "cancel", "cancel that", "stop",
        "stop it", "abort", "leave it", "let it be", "it does not matter", "do not bother",
        "no never mind", "drop it", "that is all", "nothing", "no nothing", "ignore that",
    }
)  # fmt: skip


class Topic(Enum):
    """What small talk is about."""

    HELLO = "hello"
    HOW_ARE_YOU = "how are you"
    WHO_ARE_YOU = "who are you"
    ABILITIES = "abilities"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    JOKE = "joke"
    AGAIN = "again"
    PRESENT = "present"
    PRAISE = "praise"
    BLAME = "blame"
    SORRY = "sorry"
    LISTEN = "listen"


_PHRASES: dict[Topic, str] = {
    Topic.HELLO: "hello|hi|hey|good morning|good afternoon|good evening|good day|greetings|"
    "hi again|hello again|howdy|hello hello",
    Topic.HOW_ARE_YOU: "how are you|how are you doing|how are you today|how do you do|how is it "
    "going|how do you feel|are you ok|are you well|what is up|how have you been",
    Topic.WHO_ARE_YOU: "who are you|what are you|what is your name|what should i call you|are you "
    "a robot|are you human|are you a person|are you real|introduce yourself|tell me about "
    "yourself|do you have a name|who is there|who made you|who am i talking to",
    Topic.ABILITIES: "what can you do|help|help me|what do you do|what else can you do|what can i "
    "say|what can i ask|what can i ask you|what are you able to do|how can you help me|what are "
    "your skills|what are you good at|what do you know|list your skills|i need help|what can you "
    "help me with|what can you do for me|how do you work",
    Topic.THANKS: "thanks|thank you|thank you very much|thanks a lot|many thanks|cheers|thank you "
    "so much|great thanks|perfect thank you|ok thanks|that is great thank you",
    Topic.GOODBYE: "goodbye|bye|bye bye|good night|see you|see you later|see you soon|that will be "
    "all|that is all for today|talk to you later|so long|farewell|have a nice day",
    Topic.JOKE: "tell me a joke|tell a joke|tell me another joke|a joke|another joke|make me laugh|"
    "say something funny|do you know a joke|do you know any jokes|one more joke",
    Topic.AGAIN: "repeat|repeat that|say that again|say it again|what did you say|come again|"
    "pardon|sorry what|what was that|can you repeat that|once more|again|i did not hear you|"
    "i did not get that|what",
    Topic.PRESENT: "are you there|can you hear me|do you hear me|is anybody there|anybody home|"
    "is this thing on|are you listening|are you still there|testing|test|one two three test",
    Topic.PRAISE: "good job|well done|you are great|you are the best|i love you|great|perfect|nice|"
    "awesome|excellent|you are funny|you are smart|very good|wonderful|that is great|cool|good",
    Topic.BLAME: "you are stupid|you are useless|you are dumb|that is wrong|that was wrong|you are "
    "wrong|bad|shut your mouth|i hate you|you are an idiot|that is not what i said|you do not "
    "understand me",
    Topic.SORRY: "sorry|i am sorry|my mistake|my bad|excuse me|i apologize|i apologise",
    Topic.LISTEN: "listen|wait|hold on|one moment|just a moment|give me a second|hang on|wait a "
    "minute|wait a second|let me think",
}
_TOPIC_OF = {phrase: topic for topic, line in _PHRASES.items() for phrase in line.split("|")}

JOKES = (
    "Why did the scarecrow win a prize? Because he was outstanding in his field.",
    "I told my computer that I needed a break, and now it will not stop sending me beach pictures.",
    "What do you call a fish without eyes? A fsh.",
    "Why do bicycles fall over? Because they are two tired.",
    "Parallel lines have so much in common. It is a shame that they will never meet.",
)

ANSWERS: dict[Topic, str] = {
    Topic.HELLO: "Hello! What can I do for you?",
    Topic.HOW_ARE_YOU: "I am fine, thank you. What can I do for you?",
    Topic.THANKS: "You are welcome.",
    Topic.GOODBYE: "Goodbye!",
    Topic.PRESENT: "Yes, I can hear you.",
    Topic.PRAISE: "Thank you!",
    Topic.BLAME: "I am sorry. I will try to do better.",
    Topic.SORRY: "No problem.",
    Topic.LISTEN: "I am listening.",
}


def topic_of(core: Sequence[str], words: Sequence[str]) -> Topic | None:
    """Return what small talk the words are, or None; ``core`` is ``words`` without politeness."""
    plain = [word for word in words if word != "please"]
    for said in (" ".join(words), " ".join(_addressed(plain)), " ".join(_addressed(core))):
        if said in _TOPIC_OF:
            return _TOPIC_OF[said]
    said = " ".join(_addressed(core))
    if len(said) < 8:
        return None
    best = max(_TOPIC_OF, key=lambda phrase: fuzz.ratio(said, phrase))
    return _TOPIC_OF[best] if fuzz.ratio(said, best) >= _ALIKE else None


def is_one_of(phrases: frozenset[str], words: Sequence[str], core: Sequence[str]) -> bool:
    """Say whether the words are one of ``phrases``, with politeness or without."""
    return " ".join(words) in phrases or " ".join(core) in phrases


def _addressed(words: Sequence[str]) -> Sequence[str]:
    """Return the words without forms of address at their end."""
    end = len(words)
    while end > 1 and words[end - 1] in _VOCATIVES:
        end -= 1
    return words[:end]
