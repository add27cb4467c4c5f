"""Whether a person's whole utterance is a plain yes or a plain no, in some languages."""

from __future__ import annotations

import re

_MAX_CHARS = 80
_FILLERS = frozenset({"um", "uh", "uhm", "hm", "hmm", "er", "erm", "ah", "oh", "äh", "ähm", "euh"})
_POLITE = frozenset({"please", "thanks", "bitte", "danke", "merci", "gracias", "grazie", "favore"})


def _phrases(table: str) -> frozenset[str]:
    return frozenset(" ".join(entry.split()) for entry in table.replace("\n", "|").split("|"))


_YES = _phrases(
    """
    yes | yeah | yep | yup | yes yes | sure | of course | certainly | absolutely | definitely
    go ahead | yes go ahead | do it | yes do it | sure do it
    ok do it | okay do it | go for it | yes i do | yes i am | yes i'm sure | i'm sure | confirm
    confirmed | i confirm | yes confirm | that's right | yes that's right | correct | yes correct
    yes you may | you may | yes of course | yes sure | yes absolutely
    ja | jawohl | klar | na klar | ja klar | ja mach das | mach das | genau | ja genau
    einverstanden | oui | oui oui | d'accord | oui d'accord | vas-y | bien sûr | oui bien sûr
    sí | si | claro | sí claro | hazlo | sí hazlo | de acuerdo | vale | sì | certo | va bene
    """
)
_NO = _phrases(
    """
    no | nope | nah | no no | no way | don't | do not | no don't | don't do it | no don't do it
    do not do it | no do not | stop | no stop | cancel | no cancel | cancel it | cancel that
    no cancel that | never mind | no never mind | forget it | no forget it | not now | no not now
    wait | no wait | no thank you | better not | leave it
    nein | nein nein | nein lass das | lass das | lieber nicht | nicht | stopp | abbrechen
    non | non non | annule | arrête | no gracias | para | cancela | annulla
    """
)


_LISTENING = frozenset({"ok", "okay", "right", "alright", "aha", "huh", "so", "well"})


def is_listening(text: str) -> bool:
    """Return whether the words mean no more than that somebody listens: "okay", "uh", nothing."""
    return all(word in _LISTENING for word in words(text))


def verdict(text: str) -> bool | None:
    """Return True for a yes, False for a no, None for anything else.

    Nothing but the answer may be said: "yes, and what about tomorrow" is none, for nobody can know
    what all of it means.
    """
    if len(text) > _MAX_CHARS:
        return None
    said = " ".join(word for word in words(text) if word not in _POLITE)
    if not said:
        return None
    if said in _NO:
        return False
    return True if said in _YES else None


def words(text: str) -> list[str]:
    """Return the words in lower case, without hesitation and punctuation."""
    plain = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    found = re.findall(r"[^\W_]+(?:['-][^\W_]+)*", plain)
    return [word for word in found if word not in _FILLERS]
