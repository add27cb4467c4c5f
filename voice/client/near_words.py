"""What somebody means who speaks while we do: to stop us, to say "mm-hm", or nothing at all.

Pure. Our voice is already paused when this is asked, so waiting costs the user nothing that can be
heard, and a wrong "go on" costs them a repetition: what is unclear waits for a pause or more words.
The tables hold what people say and also what the recogniser makes of it: of fifteen synthesised
hums Moonshine wrote six as "mm-hmm", the rest as "Mama", "Um", "Now" or "No".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from voice.client.own_words import SAID_CHARS, is_fragment, sounds_like, spoken_words
from voice.core.client_inputs import NearKind

DECIDED_MS = 900
"""So much voice is an interruption whatever it said; nobody hums for so long."""

PATIENT_MS = 1_300
"""The same where backchannels alone fill the time: "yeah, yeah, okay, got it"."""

_ECHO_MS = 700
"""Our own voice is paused: what is longer than its way through the room is no echo of it."""

_SETTLED_MS = 400
"""Before this the recogniser still changes its mind: 200 ms of "okay" are a "no" to it."""

_CLEAR, _PLAUSIBLE, _SURE, _BEYOND_DOUBT = 0.62, 0.5, 0.8, 0.85
"""Confidence: what people said whole was read with 0.62 and more, 33 wishes at three speeds; of
99 scraps of our own voice 46 were read with less. A plea for silence is believed sooner."""

_SCRAP_MS = 450
_STOP_MS = 250
_UNCLEAR_MS = 560
_FEW_WORDS_MS = 260
_ONE_WORD_MS = 500
_FRAGMENT_MS = 450
_FRAGMENT_WORDS = 2
_PAUSE_MS = 250
_UNREAD_VOICE_MS = 500
_CLICK_MS = 200
_MS_PER_BACKCHANNEL = 500

_WORDS_MS = 400
"""In so much voice two words of other meaning are believed however they are doubted."""

_SHORT_MS = 300
"""What so short a voice said must be sure: "sure" is read as "sorry", our echo as anything."""

_QUESTION_WORDS = 8
"""A question mark so close to the end of what we said still waits for its answer."""


def _table(text: str) -> frozenset[str]:
    return frozenset(" ".join(entry.split()) for entry in text.replace("\n", "|").split("|"))


_STOPS = _table(
    """stop | wait | hold on | hang on | hold it | excuse me | quiet | be quiet | shut up | cancel
    enough | pause | silence | shush | hush | never mind | nevermind | one moment | one second
    just a moment | just a second | wait a minute | halt | stopp | warte | moment mal | ruhe
    arrête | attends | para | espera | basta | aspetta"""
)
_DENIALS = frozenset({"no", "nope", "nah", "don't", "nein", "non"})
_YES_OR_NO = _DENIALS | frozenset({"yes", "yeah", "yep", "yup", "sure", "okay", "ok", "mmhmm"})
_COMMANDS = _table(
    """sorry | pardon | louder | quieter | faster | slower | repeat | again | next
    skip | skip it | skip that | turn it down | turn it up"""
)
"""Whole wishes that no hum is ever read as: believed as soon as a plea for silence."""

_ANSWERS = _table(
    """yes | yeah | yep | yup | yah | right | okay | ok | sure | mmhm | mmhmm | mhm | uhhuh | aha
    of course | exactly | correct | true | alright | all right | please | ja | genau | klar | oui
    sí | si | vale | now | mama | mamma"""
)
_BACKCHANNELS = _ANSWERS | _table(
    """i see | got it | gotcha | wow | whoa | really | well | so | and | oh | cool | nice | great
    good | fine | absolutely | indeed | interesting | makes sense | fair enough | i know
    no way | oh no | thanks | thank you | huh | ha | haha | hahaha | hatha | hehe | ooh | yay
    mom | mum | hell | elle | l | of her | yo | bien | claro | d'accord | ach so"""
)
_OPENINGS = frozenset(phrase.split()[0] for phrase in _BACKCHANNELS if " " in phrase)
"""Of a backchannel of two words the second is read wrongly at first: "I see" as "I think"."""

_FRAGMENTS = frozenset(
    "a an the i if it of her his in on at to for and or but is are was as by be he she we you they "
    "that this there then than god how real re st c'mon em am".split()
)
_HUM = re.compile(r"h*m+h*m*|h+m+|u+h+m*|u+m+|a+h+|e+r+m*|e+h+|o+h+|o+|m+hu+h*|u+hu+h*|hu+h+")
_LONGEST_PHRASE = 3


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the near speech is, and in a few plain words why."""

    kind: NearKind
    cause: str


def judge(
    words: str,
    *,
    said: str,
    voiced_ms: int,
    since_onset_ms: int,
    is_voice_on: bool,
    has_recogniser: bool = True,
    names: Sequence[str] = (),
    confidence: float | None = None,
    is_room_known: bool = True,
) -> Judgement | None:
    """Return what speech over our paused voice is; None asks to wait for more of it.

    ``words`` is the recogniser's reading of everything since the onset, empty for no words.
    ``said`` is the assistant's text up to what has sounded, a little more does no harm.
    ``voiced_ms`` counts the voiced time alone. Without a recogniser length decides. ``names`` are
    what the assistant is called by. ``confidence`` is the recogniser's in its reading, where it has
    one. ``is_room_known`` says that the echo canceller leaves nothing of our own voice that could
    be read. Ask again with every reading, and once the voice pauses; a judgement is certain after
    at most 1,300 ms of voice.
    """
    spoken = spoken_words(words)
    if not has_recogniser or not spoken:
        return _unread(voiced_ms, since_onset_ms, is_voice_on, has_recogniser)
    quoted = f"'{' '.join(spoken)}'"
    heard = _Heard(
        spoken,
        voiced_ms,
        since_onset_ms,
        is_voice_on,
        confidence,
        is_room_known,
    )
    if is_question(said) and all(word in _YES_OR_NO for word in spoken):
        return _answer(quoted) if heard.is_settled else _long_voice(voiced_ms)
    is_ours = voiced_ms <= _ECHO_MS and is_fragment(spoken, said)
    stop = _stop(spoken, names)
    if stop and heard.is_plausible_stop and not (is_ours and len(spoken) > len(stop.split())):
        return Judgement(NearKind.INTERRUPTION, f"'{stop}' asks for silence")
    if is_ours or (heard.is_scrap and not heard.is_command and sounds_like(spoken, said)):
        ours = Judgement(NearKind.ECHO, f"we are saying {quoted} ourselves")
        return None if is_voice_on else ours
    if _is_all(spoken, _BACKCHANNELS):
        return _backchannel(heard, quoted, said)
    if len(spoken) <= _FRAGMENT_WORDS and all(
        word in _FRAGMENTS or _is_backchannel(word) for word in spoken
    ):
        if not is_voice_on and voiced_ms < _FRAGMENT_MS:
            cause = f"{voiced_ms} ms of voice, no more than {quoted}"
            return Judgement(NearKind.BACKCHANNEL, cause)
        return _long_voice(voiced_ms) if is_voice_on else _new_words(quoted)
    return _others(heard, quoted)


@dataclass(frozen=True, slots=True)
class _Heard:
    """One reading, and how far it can be trusted."""

    words: list[str]
    voiced_ms: int
    since_onset_ms: int
    is_voice_on: bool
    confidence: float | None
    is_room_known: bool

    @property
    def is_command(self) -> bool:
        return " ".join(self.words) in _COMMANDS

    @property
    def is_clear(self) -> bool:
        wanted = _PLAUSIBLE if self.is_command else _CLEAR
        return self.confidence is None or self.confidence >= wanted

    @property
    def is_sure(self) -> bool:
        """Whether it would be believed of the shortest sound."""
        return self.confidence is None or self.confidence >= _SURE

    @property
    def is_settled(self) -> bool:
        return not self.is_voice_on or self.since_onset_ms >= _SETTLED_MS

    @property
    def is_plausible_stop(self) -> bool:
        is_sure = self.confidence is None or self.confidence >= _PLAUSIBLE
        return is_sure and (not self.is_voice_on or self.since_onset_ms >= _STOP_MS)

    @property
    def is_no_scrap(self) -> bool:
        """Whether it cannot be our own voice, of which a new canceller leaves whole words."""
        return self.is_room_known or self.confidence is None or self.confidence >= _BEYOND_DOUBT

    @property
    def least_believed_ms(self) -> int:
        """How long a voice must have been that is over, to be believed to have said this."""
        if not (self.is_clear and self.is_no_scrap):
            return _SCRAP_MS
        return 0 if self.is_sure else _SHORT_MS

    @property
    def settled_ms(self) -> int:
        """How long after the onset this is believed though the voice goes on."""
        *before, last = self.words
        if not self.is_no_scrap:
            return _UNCLEAR_MS
        if before and self.voiced_ms >= _WORDS_MS:
            return 0
        if not self.is_clear or (not before and _may_grow(last)):
            return _UNCLEAR_MS
        if before and not (len(before) == 1 and before[0] in _OPENINGS):
            return _FEW_WORDS_MS
        return _SETTLED_MS if before or self.is_sure or last in _DENIALS else _ONE_WORD_MS

    @property
    def is_scrap(self) -> bool:
        """Whether it may be a stretch of a sentence, cut in the middle of its words."""
        is_doubtful = self.confidence is None or self.confidence < _BEYOND_DOUBT
        return self.voiced_ms <= _SCRAP_MS and is_doubtful


def is_question(said: str) -> bool:
    """Return whether the assistant waits for an answer: what it said ends in a question."""
    _, mark, rest = said[-SAID_CHARS:].rpartition("?")
    return bool(mark) and len(spoken_words(rest)) <= _QUESTION_WORDS


def _unread(
    voiced_ms: int, since_onset_ms: int, is_voice_on: bool, has_recogniser: bool
) -> Judgement | None:
    """Judge by length alone: nothing was understood, or there is nobody to understand it."""
    if voiced_ms >= (DECIDED_MS if has_recogniser else _UNREAD_VOICE_MS):
        return _long_voice(voiced_ms, at_once=True)
    if is_voice_on or since_onset_ms < _PAUSE_MS:
        return None
    if not has_recogniser and voiced_ms >= _CLICK_MS:
        return Judgement(NearKind.BACKCHANNEL, f"{voiced_ms} ms of voice are too short for words")
    return Judgement(NearKind.NOISE, f"{voiced_ms} ms of sound without words")


def _backchannel(heard: _Heard, quoted: str, said: str) -> Judgement | None:
    is_answer = is_question(said) and any(word in _ANSWERS for word in heard.words)
    if is_answer and heard.is_settled:
        return _answer(quoted)
    if not heard.is_voice_on:
        return Judgement(NearKind.BACKCHANNEL, f"{quoted} is a backchannel")
    fills_time = len(heard.words) * _MS_PER_BACKCHANNEL >= heard.voiced_ms
    return _long_voice(heard.voiced_ms, PATIENT_MS if fills_time else DECIDED_MS)


def _others(heard: _Heard, quoted: str) -> Judgement | None:
    """Judge words that are no backchannel, such as a question."""
    *before, last = heard.words
    is_denial = last in _DENIALS
    if not heard.is_voice_on:
        if heard.voiced_ms <= heard.least_believed_ms:
            return Judgement(NearKind.NOISE, f"{heard.voiced_ms} ms of voice, hardly {quoted}")
        if heard.voiced_ms < _CLICK_MS and not before and not is_denial:
            return Judgement(NearKind.NOISE, f"{heard.voiced_ms} ms of sound are no word")
        return _new_words(quoted)
    if before and _is_all(before, _BACKCHANNELS):
        # "Okay, got" becomes "okay, got it", and "yes, but" has more words soon.
        if _may_grow(last) or heard.since_onset_ms < _UNCLEAR_MS:
            return _long_voice(heard.voiced_ms)
        return _new_words(quoted)
    return _new_words(quoted) if heard.since_onset_ms >= heard.settled_ms else None


def _answer(quoted: str) -> Judgement:
    return Judgement(NearKind.INTERRUPTION, f"{quoted} answers our question")


def _new_words(quoted: str) -> Judgement:
    return Judgement(NearKind.INTERRUPTION, f"{quoted} is more than a backchannel")


def _long_voice(
    voiced_ms: int, limit_ms: int = DECIDED_MS, *, at_once: bool = False
) -> Judgement | None:
    if not at_once and voiced_ms < limit_ms:
        return None
    return Judgement(NearKind.INTERRUPTION, f"{voiced_ms} ms of voice over ours")


def _stop(spoken: list[str], names: Sequence[str]) -> str:
    """Return the words that ask for silence, where what was said begins with them; else ''."""
    called = {" ".join(spoken_words(name.replace("_", " "))) for name in names}
    start = 0
    openers = _BACKCHANNELS | _DENIALS
    while start < len(spoken) - 1 and (spoken[start] in openers or _HUM.fullmatch(spoken[start])):
        start += 1
    for first in (0, start):
        for count in range(_LONGEST_PHRASE, 0, -1):
            phrase = " ".join(spoken[first : first + count])
            if phrase in _STOPS or phrase in called:
                return phrase
    return ""


def _may_grow(word: str) -> bool:
    """Return whether more of the same word, or the next one, may make a backchannel of it."""
    return word not in _DENIALS and any(
        phrase.startswith(word) and phrase != word for phrase in _BACKCHANNELS
    )


def _is_backchannel(phrase: str) -> bool:
    return phrase in _BACKCHANNELS or _HUM.fullmatch(phrase) is not None


def _is_all(spoken: list[str], table: frozenset[str]) -> bool:
    """Return whether the words are nothing but phrases of the table, and hums."""
    start = 0
    while start < len(spoken):
        for count in range(_LONGEST_PHRASE, 0, -1):
            phrase = " ".join(spoken[start : start + count])
            if phrase in table or (count == 1 and _HUM.fullmatch(phrase)):
                start += count
                break
        else:
            return False
    return True
