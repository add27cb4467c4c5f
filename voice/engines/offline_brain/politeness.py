"""What people put before and after a wish: the ways of asking nicely, as a small grammar."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

_ADVERB = (
    r"(?:please|just|maybe|perhaps|possibly|quickly|kindly|really|also|actually|simply|ever so|"
    r"so|very|now|then)"
)
_YOU = r"(?:you|we|i|ya|u)"
_MODAL = r"(?:can|could|would|will|might|may|shall|should)"
_GLAD = (
    r"(?:grateful|glad|happy|great|nice|lovely|good|wonderful|fantastic|brilliant|awesome|cool|"
    r"helpful|super|perfect|amazing|delighted|obliged|thankful|fab|ideal|handy|useful|best)"
)
_DEAR = (
    r"(?:dear|love|darling|mate|honey|hon|sweetie|sweetheart|buddy|pal|friend|my friend|bud|dude|"
    r"man|bro|computer|assistant|robot|duck|pet|sir|madam|there|everyone|babe|sunshine|"
    r"young man|my dear|my love|mister|miss)"
)
_CALL = r"(?:hey|hi|hello|ok|okay|oi|yo|oh|ah|right|well|so|now|listen|look|alright|um|uh|er|and)"

_BEFORE = re.compile(
    r"(?:"
    rf"{_CALL} {_DEAR}|{_CALL}|my (?P<mine>{_DEAR})"
    rf"|(?:(?:i|we|it|that|this|you) (?:would|will|could)|i am|it is) (?:{_ADVERB} )*(?:be )?"
    rf"(?:{_ADVERB} )*(?:such a help|a {_GLAD} help|a big help|a help|{_GLAD}(?: of you)?|"
    rf"appreciate it|doing me a favou?r|a (?:star|love|angel|dear|darling|lifesaver|champ))"
    rf"(?: to me)? (?:if|when|to have)(?: {_YOU} (?:{_MODAL})?)?"
    rf"|{_MODAL} {_YOU}(?: {_ADVERB})*(?: (?:be able to|manage to|go ahead and|help me(?: to)?|"
    r"be so (?:kind|good) as to|be a (?:dear|love|star|angel|pal|mate|darling) and|try to|get to))?"
    rf"|(?:do|would|did) {_YOU} (?:{_ADVERB} )*(?:mind|care to|want to|fancy|like to)"
    rf"|(?:do you (?:think|suppose|reckon)|i (?:was )?(?:wonder(?:ing)?|hoping|thinking|wondered|"
    rf"hoped|thought))(?: (?:if|whether|that|maybe))*(?: {_YOU} {_MODAL})?"
    rf"|(?:i|we) (?:{_ADVERB} )*(?:would )?(?:{_ADVERB} )*(?:want|need|like|love|wish|wanted|"
    rf"needed|prefer|expect|ask)(?: for)? you(?: {_ADVERB})* to(?! know)"
    rf"|(?:i|we) (?:{_ADVERB} )*(?:would|am|are)? ?(?:{_ADVERB} )*(?:want|need|like|love|wish|"
    r"wanted|going|trying|have got|ought|dying|curious|keen|eager) to (?:know|find out|hear|"
    r"be told|see|check|ask|learn)(?: (?:if|whether))?"
    r"|(?:i|we) (?:am|are) (?:not sure|curious|interested|wondering)(?: to know)?"
    r"|(?:i|we) do not know|(?:i|we) (?:have no|have not any|have not got any) idea"
    r"|(?:i|we) (?:have )?(?:forgot|forgotten)"
    r"|remind (?:me|us)(?= (?:what|when|where|who|which|how))"
    rf"|{_MODAL} {_YOU} (?:tell|show|give|read|get|find) (?:me|us)"
    rf"|(?:is it|would it be|is there) (?:possible|ok|okay|alright|all right|any way|a way|"
    rf"a chance|any chance) (?:to|for you to|of you|that you could|you (?:{_MODAL})|"
    rf"if {_YOU} {_MODAL}|of)"
    r"|(?:any|got any) (?:chance|idea|clue) (?:of|that|you could|you can|you would|if)"
    r"|be (?:a|an) (?:dear|love|angel|star|pal|darling|mate) and"
    r"|(?:let us|why do not (?:you|we)|how about (?:you|we)|go on(?: and)?|go ahead(?: and)?)"
    r"|(?:please )?(?:do|help) (?:me )?a (?:small |little |quick )?favou?r(?: and| please)?"
    r"|(?:here is|i have got|i have) (?:a|one|another) (?:question|one|quick one|request)"
    r"(?: for you)?|(?:quick|one|another) (?:question|thing|request)"
    r")(?= |$)"
)
_AFTER = re.compile(
    r"(?:^| )(?:"
    rf"if (?:it|that|this) (?:is|would be|will be|does) (?:not |no )?(?:too much |much |a |any |ok|"
    rf"okay|alright|all right|possible|fine|{_GLAD}|bother you)?(?:trouble|bother|problem|hassle|"
    r"asking|to ask|with you|of you|by you)?(?: with you| for you)?"
    r"|(?:if|when|whenever) you (?:can|could|would|may|like|please|are (?:ready|able|free|there)|"
    r"do not mind|have (?:a|the) (?:moment|minute|second|time|chance)|get (?:a|the) (?:moment|"
    r"minute|second|chance)|would be so kind|do not mind me asking|know|want)"
    rf"|(?:can|could|would|will|wo not|would not|will not|could not|can not) (?:you|ya|u)"
    rf"(?: {_DEAR})?"
    rf"|(?:please |thanks |thank you |cheers ){_DEAR}(?<! there)(?<! everyone)"
    rf"|(?P<bare>{_DEAR}(?<!there)(?<!everyone))"
    r"|just now|right away|straight away|for (?:me|us)(?: please)?|thanks (?:a lot|a million|"
    r"so much|very much|in advance|ever so much)|thank you (?:so|very) much|cheers|ta|"
    r"much appreciated"
    r"|as (?:quick|quickly|soon|fast) as (?:you can|possible)|when ready|or whatever|and all that"
    rf"|(?:that|it|this) would be {_GLAD}|okay then|all right then"
    r"|there is a (?:dear|love|good \w+)"
    r")$"
)
_NEEDS_MORE = frozenset(
    "is are was a an the my your our his her to of for with in on and or be".split()
)
"""Words after which none of these is a mere form of address: "what is love"."""


_THINGS = frozenset("honey duck pet computer robot".split())
_ORDERS_OF_THINGS = frozenset(
    "add buy get order put remove delete strike note write find search call".split()
)
_PLACES = frozenset("list on off from".split())
"""Behind them nothing more is ordered: "add milk, honey" asks for both, "to my list, honey" not."""


def before(words: Sequence[str], pauses: Collection[int] = ()) -> int:
    """Return how many words at the beginning only lead to the wish; 0 for none.

    ``pauses`` are the indices of words before which a pause was made. "my dear" is a form of
    address only before a pause: "my friend Anna" is somebody.
    """
    match = _BEFORE.match(" ".join(words))
    count = len(match[0].split()) if match else 0
    return 0 if match and match["mine"] and count not in pauses else count


def after(words: Sequence[str], pauses: Collection[int] = ()) -> int:
    """Return how many words at the end only follow the wish; 0 for none.

    A form of address is one behind a pause, thanks or a please; "buy honey" asks for honey.
    """
    match = _AFTER.search(" ".join(words))
    count = len(match[0].split()) if match else 0
    left = len(words) - count
    if match and match["bare"] and not _is_address(words, left, pauses):
        return 0
    return 0 if count and left and words[left - 1] in _NEEDS_MORE else count


def _is_address(words: Sequence[str], start: int, pauses: Collection[int]) -> bool:
    """Return whether the words from ``start`` call somebody and are no thing that is asked for."""
    wish = words[:start]
    if not wish or start not in pauses or wish[-1] in _ORDERS_OF_THINGS:
        return False  # "buy honey", and "add, honey"
    is_listed = not _ORDERS_OF_THINGS.isdisjoint(wish) and _PLACES.isdisjoint(wish)
    return not (is_listed and words[start] in _THINGS)
