"""The words and patterns of English by which ``turn_end`` judges; tables and nothing else."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILLERS = _words("um uh uhm erm hmm er ah eh mm")
OPENERS = FILLERS | _words(
    "hey hi hello okay ok so and please well now then yes no yeah oh alright right just computer"
)
"""What may stand before a request and says nothing about its end."""

COURTESIES = _words("please thanks now then today tonight again instead")
"""What may stand behind a request and does not finish one that is not."""

WHOLE_TURNS = _words(
    "yes no yeah yep nope sure thanks stop cancel goodbye bye pause resume "
    "continue quit exit help again right exactly correct never nevermind go skip next back mute "
    "unmute louder quieter enough repeat undo pardon absolutely definitely nothing "
    "everything tomorrow today tonight done finished"
)
"""Single words that are a turn by themselves.

Not among them: greetings and "okay", "great", "sorry", after which most people draw breath and say
what they want."""

ALWAYS_HANGING = FILLERS | _words(
    "a an the my your our their its every each "
    "and or but nor because if than as whether unless until although while since "
    "so of at per into onto between among via without toward towards during upon "
    "i'm you're it's that's what's there's who's where's how's when's he's she's we're they're "
    "i'll you'll we'll they'll it'll i'd you'd we'd i've we've you've let's gonna wanna gotta "
    "very quite such whose plus minus times percentage called named"
)
"""Words after which English always goes on."""

AUXILIARIES = _words(
    "is are was were am be been do does did have has had will would can could should shall may "
    "might must isn't aren't"
)
DENIALS = _words("don't can't won't isn't aren't wasn't doesn't didn't couldn't shouldn't")
SUBJECTS = _words("i we they he she")
PRONOUNS = SUBJECTS | _words("you it")
PREPOSITIONS = _words("for from about with by to in on like")
STRANDED = _words("for from about with like by")
"""Prepositions that may end a question: "What are you waiting for?"."""

PARTICLES = _words("off up down out over away back around through")
SWITCHES = _words("turn switch leave keep put is are was were")
TRANSITIVE = _words("turn switch put pick look bring take call set write note")
OBJECT_HUNGRY = _words(
    "set add tell give put make send convert remind divided multiplied another every turn create "
    "start show find want need wants needs would"
)
"""Words that want an object behind them, even at the end of a sentence."""

ASKS_FOR_MORE = _words("tell give show let remind send get bring teach read wake ask sing buy")
"""Verbs that, with "me" behind them, still lack what is asked for."""

QUESTION_WORDS = _words("what who where when why how which whose")
LIST_VERBS = _words("add buy remember note put write get order list include need")
SUBORDINATE = _words("if while after before because since unless although once whenever")

ONES = _words("zero oh one two three four five six seven eight nine")
TENS = _words("twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million")
TEENS = _words(
    "dozen ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
)
NUMBERS = ONES | TENS | TEENS
SPELLED_THINGS = _words("number digits code pin phone zip dial card account")

COMPLETE_ENDINGS = re.compile(
    r".*\b(?:"
    r"(?:how|who) are you|(?:how|what) about (?:you|it|me)|and you"
    r"|(?:how|what) do you do|what (?:can|do) you do|how \w+ are (?:you|they|we|i)"
    r"|(?:what|who|where|when|which|how \w+)(?: \w+)? (?:is|was|are|were) (?:it|that|this|he|she"
    r"|they|those|these|i|we)"
    r"|(?:think|hope|guess|do|believe|even) so|thank you|thanks|never mind|me too|as well|at all"
    r"|(?:tell|give|show) me more|(?:once|any|no|one|say|much) more|each other|why not|so far"
    r"|what else|what's up|what's new|what happened|who's there|how come|who won|i (?:don't|can't"
    r"|won't|didn't)|help me|call me|excuse me|hear me|for me|with me|to me|about me|(?:set|put"
    r"|turn|leave|keep) (?:it|them|that) (?:to )?(?:on|off|up|down|back)"
    r"|(?:do|stop|like|about|want|need|cancel|say|did|repeat|delete|undo|is|was) (?:this|that)"
    r"|(?:so|too|very|that|this|as) (?:much|many|long|far|often|old|late|soon)"
    r"|(?:come|log|sign|zoom|plug|check) in|(?:rather|course|hope) not"
    r")"
)
"""Endings that are complete although their last word mostly hangs."""

SHORT_ANSWERS = re.compile(
    r"(?:it|he|she|that|this|there|they|we|you|i) (?:is|are|am|was|were|do|does|did|can|will|would"
    r"|have|has|could|should)"
)
"""What is complete as an answer, or at the end of "tell me where ..."."""

COURTEOUS_ANSWERS = re.compile(
    r"(?:yes|no|sure|okay|ok|oh|yeah|more)(?: \w+)? (?:please|thanks|thank you)"
)

INCOMPLETE_TURNS = re.compile(
    r"(?:(?:can|could|would|will) (?:you|i|we)(?: please)?(?: \w+)?"
    r"|(?:i|we) (?:want|need|would like|think|guess|mean|wonder|was wondering)(?: to)?(?: \w+)?"
    r"|i'd like(?: to)?(?: \w+)?"
    r"|do you (?:know|think|have)(?: (?:what|who|where|when|why|how|if)(?: \w+){0,2})?"
    r"|(?:is|are|was|were) (?:the|my|your|our|his|her|their) \w+"
    r"|what (?:will|would|did|does|do|can) (?:the|my|your|our) \w+"
    r"|(?:set|start|create|make|put) (?:a|an|another|my|the)"
    r" (?:\w+ )?(?:timer|alarm|reminder|countdown|volume|brightness|temperature|note|list)(?: up)?"
    r"|(?:set|start|create) (?:a|an|another) (?!.*(?:timer|alarm|reminder|countdown)).*"
    r"|(?:turn|switch)(?! .*\b(?:on|off|up|down|to|over|around|it)\b) .*|turn it"
    r"|convert (?!.* (?:to|into|in) ).*"
    r"|how (?:many|much|long|far|old|tall|big|often)(?: \w+)?(?: (?:are|is|does|do|did))?"
    r"(?: there)?"
    r"|what(?:'s| is) [\w.]+(?: percent)?"
    r"|(?:what|which) \w+(?: is| are| was)?"
    r"|(?:who|where|when|why|how) \w+"
    r"|(?:who|where|when|why|how|what) (?:do|does|did|can|could|will|would|should|is|are) \w+"
    r"|(?:tell|remind|wake|show|give|ask|call) me (?:up|tomorrow|later|today)"
    r"|let me(?: think| see)?|hold on|wait|one (?:second|moment)|you know"
    r"|.* (?:shopping|grocery|to-do|half|past|quarter)|(?:what's|what is) the|take a note|note that"
    r"|(?:turn|switch|look|pick|put|bring|call) (?:on|off|up|down|out|back))"
)
"""Whole turns so far, without opening words, that lack something."""

COMPLETE_TURNS = re.compile(
    r"(?:what(?:'s| is) (?:\w*(?:up|new|next|wrong|love|life|time|happening|that|this|it|playing)"
    r"|\w+ (?:plus|minus|times|over) \w+)"
    r"|(?:who|what|where|when|why|how) (?:is|are|was) (?:it|that|this|he|she|they|(?!you)\w{5,})"
    r"|(?:can|could) you (?:hear me|help me|help|repeat that|stop)"
    r"|(?:i|we) (?:think so|know|guess so|know that|need help|want that|want it|need it)"
    r"|what (?:else|happened)|who (?:won|cares|knows)|why not|how come"
    r"|what(?:'s| is) the (?:time|date|weather|temperature|news|matter|problem|score|volume))"
)
"""Whole turns that look like the patterns above and yet are complete."""

UNSURE_TURNS = re.compile(
    r"(?:good (?:morning|afternoon|evening|day)|(?:hello|hi|hey) (?:there|again)"
    r"|(?:what|who|where|when)(?:'s| is| was) (?:the|a|an) \w+"
    r"|(?:the|my|a|an|your) \w+|remind me to \w+|(?:what|where) are you|.* (?:some|any|not))"
)
"""Whole turns as often complete as not: "What is the capital", "my keys"."""

LENGTH_OF_TIME = re.compile(r"(?:set|start) .*\b(?:seconds?|minutes?|hours?|days?) (?:\w+ )?timer")
"""A timer whose length stands before it: "Set a ten minute timer"."""
