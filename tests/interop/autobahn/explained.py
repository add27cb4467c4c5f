"""Why a case of Autobahn is not a plain pass, by its number."""

from typing import Final

_EARLY: Final = "As 3.2."
_BY_CHANCE: Final = (
    "As 3.2, by chance: whether the echo of the earlier message is written before the error is "
    "read depends on how the bytes fall into TCP segments."
)
_WHOLE: Final = "As 6.4.1."
_INFORMATION: Final = "No requirement: the case only reports what the server does."
_FRAGMENTS: Final = "As 9.3.1."

EXPLAINED: Final = {
    ("3.2", "NON-STRICT"): (
        "The error is answered with close 1002 as soon as it is read. The case would rather have "
        "the message before it echoed first; that echo is on its way through the application and "
        "comes too late. RFC 6455 §7.1.7 lets an endpoint fail the connection at once."
    ),
    ("3.3", "NON-STRICT"): _EARLY,
    ("3.4", "NON-STRICT"): _BY_CHANCE,
    ("4.1.3", "NON-STRICT"): _EARLY,
    ("4.1.4", "NON-STRICT"): _EARLY,
    ("4.1.5", "NON-STRICT"): _BY_CHANCE,
    ("4.2.3", "NON-STRICT"): _EARLY,
    ("4.2.4", "NON-STRICT"): _EARLY,
    ("4.2.5", "NON-STRICT"): _BY_CHANCE,
    ("5.15", "NON-STRICT"): _EARLY,
    ("6.4.1", "NON-STRICT"): (
        "Text is checked when the message is complete, and then closed with 1007. The case would "
        "rather have it checked byte by byte; RFC 6455 §8.1 names no moment."
    ),
    ("6.4.2", "NON-STRICT"): _WHOLE,
    ("6.4.3", "NON-STRICT"): _WHOLE,
    ("6.4.4", "NON-STRICT"): _WHOLE,
    ("7.1.5", "FAILED"): (
        "The client closes in the middle of a fragmented message. `websockets` counts that as a "
        "protocol error and answers 1002 instead of echoing 1000; RFC 6455 §5.5.1 asks for a "
        "Close in answer, and only advises to echo the code. Nothing that was complete is lost."
    ),
    ("7.1.6", "INFORMATIONAL"): _INFORMATION,
    ("7.13.1", "INFORMATIONAL"): _INFORMATION,
    ("7.13.2", "INFORMATIONAL"): _INFORMATION,
    ("9.3.1", "FAILED"): (
        "4 MiB in fragments of 64 or 256 bytes: more than 4,096 fragments of one message are "
        "refused with 1009, by intention. No client cuts so small, and each fragment costs us "
        "more than it costs its sender."
    ),
    ("9.3.2", "FAILED"): _FRAGMENTS,
    ("9.4.1", "FAILED"): _FRAGMENTS,
    ("9.4.2", "FAILED"): _FRAGMENTS,
}
"""By case and result: another result of the same case is unexplained."""
