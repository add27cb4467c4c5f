"""Timers and alarms that speak up when they are due."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from tools import ToolContext, ToolError, tool
from tools.builtin.timer_book import Timer, TimerBook, after, describe
from tools.builtin.timer_choice import choose, name_of, say_all, with_article
from tools.spoken.dates import say_day
from tools.spoken.durations import parse_duration, say_duration, say_remaining
from tools.spoken.numbers import join_spoken, number_in_words, words_of
from tools.spoken.times import parse_moment, say_time


def _singular(kind: object) -> object:
    return kind.lower().strip().removesuffix("s") if isinstance(kind, str) else kind


SpokenKind = Annotated[Literal["timer", "alarm"], BeforeValidator(_singular)]

_MAX_S = 366 * 86_400
_MAX_LABEL_CHARS = 60
_EVERY = frozenset({"all", "both", "every", "everything"})
_SPOKEN_TIMERS = 8


@tool(
    examples=[
        "(put|start|set|run) (a|the) (timer|countdown|clock) [on] for {duration}",
        "(set|start) a {duration} timer [for [the|my] {label}]",
        "[set|start] [a] timer {duration} [{label}]",
        "(tell|remind|wake|warn|call|ping|nudge) me (in|after) {duration} [(to|about) {label}]",
        "(let me know|give me a (nudge|shout|reminder|call)) in {duration}",
        "(set|start) a {label} timer for {duration}",
        "(set|start) a timer for {duration} (called|named|for the|to|so i can) {label}",
        "(set|put) the {label} timer (to|for|at) {duration}",
        "{label} timer {duration}",
        "[set a] timer for [the|my] {label} {duration}",
        "{duration} timer for [the|my] {label}",
        "(run|do|begin|give me|i need|i want) a (timer|countdown) (of|for) {duration}",
        "(run|do|begin|give me|i need|i want) a {duration} (timer|countdown)",
        "count down [from] {duration}",
        "(time|count|start counting|start timing|can you time) {duration} [for me]",
        "remind me ([to] {label} in {duration}|{duration} from now)",
        "(tell me|ping me|shout|beep) when {duration} (are|is|have) (over|up|done|past)",
        "(tell me|let me know|say|i want to be told) when {duration} (have|has) (passed|gone)",
        "the {label} (need|needs|takes|take) {duration} [set something for that]",
        "the {label} (needs|need|takes) {duration} (would|can) you time it",
        "the {label} (has|have|needs) to (steep|cook|bake|boil|come out) (for|in) {duration}",
        "i have to (go|leave|take it out) in {duration}",
        "can i have a timer (of|for) {duration}",
        "{duration} for [the|my] {label}",
        "(put|give me|get me) {duration} on [the (clock|timer)] [for the {label}]",
        "(beep|ring|buzz|shout|call) [me] (in|after) {duration}",
        "(wake|get|stop) me [up] (in|after) {duration}",
        "let me (nap|sleep|rest) for {duration} [then wake me]",
        "in {duration} (tell|remind|let|ping|wake|call) me [to {label}]",
        "(when|after|once) {duration} (tell me|let me know|remind me|ping me)",
    ],
)
def set_timer(ctx: ToolContext, duration: str, label: str = "") -> dict[str, Any]:
    """Set a timer that announces itself when the time is up.

    Args:
        ctx: Given by the registry.
        duration: How long, such as "ten minutes", "an hour and a half", or a number of seconds.
        label: What the timer is for, such as "pasta". Leave it out if nothing was said.
    """
    seconds = parse_duration(duration)
    if seconds is None:
        raise ToolError("I didn't catch how long. Say for example: ten minutes.")
    if not 1 <= seconds <= _MAX_S:
        raise ToolError("A timer runs from one second to one year.")
    now = ctx.now()
    timer = ctx.service(TimerBook).add(
        "timer", due=after(now, seconds), label=_label(label), duration_s=seconds
    )
    _keep_new(ctx, timer)
    spoken = f"Your {timer.label + ' ' if timer.label else ''}timer for {say_duration(seconds)}"
    return {"spoken": f"{spoken} is set.", **_data(timer, now)}


@tool(
    examples=[
        "set an alarm (for|at) {time} [{day}]",
        "set an alarm for {day} at {time}",
        "wake me [up] at {time} [{day}]",
        "[set|make|create] [an] alarm (for|at) {time} [called|named] {label}",
        "set a {label} alarm for {time}",
        "wake me [up] {day} (at|by) {time}",
        "get me (up|out of bed) at {time} [{day}]",
        "i (have|want|need) to (get up|wake up|be up|be woken) at {time} [{day}]",
        "(make|create|put) an alarm [on] (for|at) {time}",
        "(set|put) the alarm [clock] (to|for|at|on) {time} [{day}]",
        "alarm [clock] [to|for|at] {time} {day}",
        "{time} alarm [{day}]",
        "ring [the bell] at {time} [{day}]",
        "(make|let) (the|that|an) alarm (ring|go off|sound) at {time} [{day}]",
        "i (must|should) (get|be|wake) up (at|by|before) {time} [{day}]",
        "don't let me (sleep|oversleep) (past|after|longer than) {time} [{day}]",
        "(get|wake) me [up] (by|before|around) {time} [{day}]",
        "i (have|want|need) to be (up|awake) (by|before) {time} [{day}]",
        "make sure i am (up|awake) (by|at|before) {time} [{day}]",
        "the alarm (should|must|is to) (ring|go off) at {time} [{day}]",
        "wake up call (at|for) {time} [{day}]",
        "(set|have) an alarm for {time} [{day}] to {label}",
        "wake me [up] [at] {time} [{day}] for {label}",
        "[{day}] at {time} wake me [up]",
        "i need (an alarm|waking) [up] (at|for) {time} [{day}]",
        "(have|let) the alarm (ring|go off|sound) at {time} [{day}]",
        "(can i|i would like to) (get|wake|be woken|be) up at {time} [{day}]",
        "schedule an alarm for {time} [{day}]",
        "(remind|tell|alert) me at {time} [{day}] to {label}",
    ],
)
def set_alarm(ctx: ToolContext, time: str, day: str = "", label: str = "") -> dict[str, Any]:
    """Set an alarm that announces itself at a time of day.

    Args:
        ctx: Given by the registry.
        time: The time of day, such as "7 am", "half past six" or "tomorrow at 8".
        day: The day, such as "tomorrow" or "next monday". Leave it out for the next such time.
        label: What the alarm is for. Leave it out if nothing was said.
    """
    now = ctx.now()
    due = _due(time, day, now)
    if due <= now:
        day_said = say_day(due.date(), now.date())
        raise ToolError(f"{say_time(due)} {day_said} has already passed.")
    if (due - now).total_seconds() > _MAX_S:
        raise ToolError("I can set an alarm for the coming year at most.")
    timer = ctx.service(TimerBook).add("alarm", due=due, label=_label(label))
    _keep_new(ctx, timer)
    name = f"{timer.label} alarm" if timer.label else "alarm"
    return {"spoken": f"Your {name} is set for {describe(timer, now)}.", **_data(timer, now)}


@tool(
    effect="read",
    examples=[
        "(what|which) {kind} (are|do i have|have i got) [set|running|on|active|on the go]",
        "how much time is left [on (my|the) timer]",
        "how (long|much longer) (is left|does the timer have) [on my timer]",
        "when does my {kind} (ring|go off|end)",
        "(what|which) timers and alarms (are|do i have) [set|running]",
        "are there any {kind} [set|running|going|on]",
        "what is [still] (left on|on) (my|the) timer",
        "how (long|much longer) (does|will) my timer run",
        "how (long|much longer) (till|until) my {kind} (ends|rings|goes off)",
        "when is my next alarm",
        "is (a|an|the) {kind} (set|running|on)",
        "how (is|are) my {kind} doing",
        "is there [still] [some] time left [on the (timer|clock)]",
        "check (the|my) {kind}",
        "how many minutes (are left|remain) on (the|my) timer",
        "how many minutes to go",
        "when (will|is) (the|my) {kind} [be] (done|over|finished|up)",
        "how (long|much time) (do i have|have i got|does it have) left",
        "is my {kind} [still] (set|on|running|done|active) [for tomorrow]",
        "what is my {kind} set (for|to)",
        "(when|what time) (is|does|will) (my|the) {kind} [going to] (go off|ring|end|sound|finish)",
        "how long is (my|the) {kind} [still] [on]",
        "what is the {kind} at",
        "(list|show me|tell me) [all] [my|the] {kind} [that i have set]",
        "has (my|the) {kind} (finished|gone off|ended|rung) [yet]",
        "(do i have|have i got) (an|a|any) {kind} [set|running] [for tomorrow]",
        "(is anything|what have i got) (set|running|ticking)",
        "(check|see|tell me) (whether|if) [i set|there is] (an|my|a) {kind} [is set]",
        "did i [remember to] set (an|any|my) {kind}",
        "(what time|when) am i (waking|getting) up [tomorrow]",
    ],
)
def list_timers(ctx: ToolContext, kind: SpokenKind | None = None) -> dict[str, Any]:
    """Tell which timers and alarms are set, and how much time is left.

    Args:
        ctx: Given by the registry.
        kind: Only the timers, or only the alarms, if that was said.
    """
    now = ctx.now()
    book = ctx.service(TimerBook)
    running = [timer for timer in book.running() if kind in (None, timer.kind)]
    if running:
        parts = [_say_entry(timer, now) for timer in running[:_SPOKEN_TIMERS]]
        if len(running) > len(parts):
            parts.append(f"{number_in_words(len(running) - len(parts))} more")
        spoken = f"You have {join_spoken(parts)}."
    else:
        spoken = f"You have no {kind}s." if kind else "You have no timers or alarms."
    damage = book.take_damage()
    if damage:
        spoken = f"{spoken} {damage}"
    return {"spoken": spoken, "timers": [_data(timer, now) for timer in running]}


@tool(
    examples=[
        "(cancel|stop|delete|remove) (the|my) {kind}",
        "(cancel|stop|delete|remove) the {which} {kind}",
        "(cancel|stop|delete|remove) the {kind} (for|at) {which}",
        "turn off (the|my) [{which}] {kind}",
        "i don't (want|need) (the|an|a) {kind} for {which} [anymore|any more]",
        "i don't (want|need) (the|my) {kind} (anymore|any more)",
        "i don't (want|need) the {which} {kind} (anymore|any more)",
        "turn (the|my) [{which}] {kind} off",
        "(get rid of|drop|forget|kill|end|clear) (the|my) [{which}] {kind}",
        "(drop|forget|end) the {kind} (for|at) {which}",
        "you can (cancel|stop|forget) (the|my) [{which}] {kind}",
        "delete my {which} {kind}",
        "never mind (the|my) {kind}",
        "(switch|shut) (the|my) [{which}] {kind} off",
        "(switch|shut) off (the|my) [{which}] {kind}",
        "no {kind} (please|after all)",
        "don't wake me [up] [tomorrow]",
        "i changed my mind [about the {kind}] no {kind}",
        "i will not (need|be needing) (the|my) [{which}] {kind} [tomorrow]",
        "(stop|end|cancel) the (countdown|ringing|beeping)",
        "(the|that|my) [{which}] {kind} (can go|is not needed) [anymore]",
        "(scrap|bin|ditch|scratch|call off) (the|my|that) [{which}] {kind}",
        "(the|that) {kind} for [the|my] {which} (remove|cancel|stop) it",
        "(i am|we are) (up|awake|done|finished) [already] (cancel|turn off|stop) the {kind}",
        "no need for the [{which}] {kind} [anymore]",
        "i no longer (need|want) (the|my) [{which}] {kind}",
        "let me sleep in [tomorrow]",
    ],
)
def cancel_timer(
    ctx: ToolContext, which: str = "", kind: SpokenKind | None = None
) -> dict[str, Any]:
    """Cancel one timer or alarm.

    Args:
        ctx: Given by the registry.
        which: Which one: its label, its duration, its time, or "first". May be left out when only
            one is set.
        kind: Whether it is a timer or an alarm, if that was said.
    """
    now = ctx.now()
    running = _running(ctx, kind)
    chosen = choose(which, running, now)
    if not chosen:
        raise ToolError(
            f"I found no {kind or 'timer'} like that. You have {say_all(running, now)}."
        )
    if len(chosen) > 1 and not _EVERY & set(words_of(which)):
        raise ToolError(f"You have {say_all(chosen, now)}. Which one should I cancel?")
    return _cancel(ctx, chosen)


@tool(
    examples=[
        "(cancel|stop|delete|remove|clear) all [of] [my|the] timers [and alarms]",
        "(cancel|stop|delete|remove|clear) (every|all|all my) {kind}",
        "(cancel|stop|delete|remove|clear) all [of] my {kind}",
        "(cancel|clear) all (alarms|timers)",
        "turn off all [my|the] alarms",
        "i don't need any [of my] (timers|alarms) (anymore|any more)",
        "(cancel|stop|delete|remove|clear|drop) every {kind} [i have]",
        "turn off (every|all) {kind}",
        "(throw away|get rid of|forget|drop) all [of] [my] {kind}",
        "(remove|delete) all the {kind}",
        "i don't want any {kind}",
        "(all|all the|all my|every) {kind} off",
        "(cancel|stop|clear|remove) every timer and alarm [you have got]",
        "(switch|turn|shut) all (of them|my {kind}|the {kind}) off",
        "i do not want any {kind} [anymore] [switch|turn] [all] [of them] [off]",
        "no more {kind}",
        "(stop|cancel|kill|end) (all of|every one of|each of|both) [the|my] {kind}",
    ],
)
def cancel_all_timers(ctx: ToolContext, kind: SpokenKind | None = None) -> dict[str, Any]:
    """Cancel all timers and alarms.

    Args:
        ctx: Given by the registry.
        kind: Only the timers, or only the alarms, if that was said.
    """
    return _cancel(ctx, _running(ctx, kind))


@set_timer.on_start
def rearm(context: ToolContext) -> None:
    """Take up the timers of the last run, and say which were missed."""
    context.service(TimerBook).rearm()


def _running(ctx: ToolContext, kind: SpokenKind | None) -> list[Timer]:
    """Return what can be cancelled; raises ToolError where there is nothing."""
    running = ctx.service(TimerBook).running()
    chosen = [timer for timer in running if kind in (None, timer.kind)]
    if chosen:
        return chosen
    if running:
        raise ToolError(f"You have no {kind}, but {say_all(running, ctx.now())}.")
    raise ToolError(f"There is no {kind or 'timer or alarm'} to cancel.")


def _cancel(ctx: ToolContext, timers: list[Timer]) -> dict[str, Any]:
    now = ctx.now()
    book = ctx.service(TimerBook)
    book.remove(timers)
    names = join_spoken([f"your {name_of(timer, now)}" for timer in timers[:_SPOKEN_TIMERS]])
    again = "is set again" if len(timers) == 1 else "are set again"
    ctx.undoable(f"{names[:1].upper()}{names[1:]} {again}.", lambda: book.put_back(timers))
    if len(timers) == 1:
        spoken = f"I cancelled your {name_of(timers[0], now)}."
    else:
        all_of_them = "both" if len(timers) == 2 else f"all {number_in_words(len(timers))}"
        spoken = f"I cancelled {all_of_them}."
    return {"spoken": spoken, "cancelled": [_data(timer, now) for timer in timers]}


def _keep_new(ctx: ToolContext, timer: Timer) -> None:
    """Let what was just set be taken back."""
    book = ctx.service(TimerBook)
    told = f"I cancelled your {name_of(timer, ctx.now())} again."
    ctx.undoable(told, lambda: book.remove([timer]))


def _due(time: str, day: str, now: datetime) -> datetime:
    moment = parse_moment(f"{day} at {time}" if day.strip() else time, now)
    if moment is None:
        raise ToolError(
            "I didn't catch the time. Say for example: seven thirty in the morning, "
            "or tomorrow at eight."
        )
    return moment


def _say_entry(timer: Timer, now: datetime) -> str:
    if timer.kind == "alarm":
        when = f" for {describe(timer, now)}" if timer.label else ""
        return f"{with_article(name_of(timer, now))}{when}"
    left = say_remaining((timer.due - now).total_seconds())
    return f"{with_article(timer.name)} with {left} left"


def _label(text: str) -> str:
    """Clean a label: "the pasta" and "Pasta." are both "pasta"."""
    words = re.sub(r"[^\w\s'&-]", " ", text).split()
    while words and words[0].lower() in ("the", "my", "a", "an", "for"):
        words.pop(0)
    while words and words[-1].lower() in ("timer", "alarm"):
        words.pop()
    return " ".join(words)[:_MAX_LABEL_CHARS].strip()


def _data(timer: Timer, now: datetime) -> dict[str, Any]:
    return {
        "id": timer.id,
        "kind": timer.kind,
        "label": timer.label,
        "due": timer.due.astimezone(now.tzinfo).isoformat(timespec="seconds"),
        "seconds_left": max(0, round((timer.due - now).total_seconds())),
    }
