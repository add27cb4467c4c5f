"""How the jobs in the background are going, and ending them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from tools import ToolContext, ToolError, tool
from tools.jobs import Job, JobState
from tools.outcome import spoken_part
from tools.spoken.durations import say_duration
from tools.spoken.numbers import join_spoken, parse_number


def _number(value: object) -> object:
    if not isinstance(value, str):
        return value
    number = parse_number(value.lower().replace("number", " ").replace("job", " ").strip())
    return value if number is None else int(number)


JobNumber = Annotated[int, BeforeValidator(_number)]


@tool(
    effect="read",
    only_with="background",
    examples=[
        "how is (it|the job|my job) going",
        "are you done [yet]",
        "are you (done|finished) with (my|the) (picture|job)",
        "any news (on|about|from) job {job}",
        "how is (the|my|that) (picture|search) going",
        "is (the|my) (picture|search) (done|ready) [yet]",
        "how far (are you|along are you)",
        "what happened to (job {job}|the job|the picture)",
        "what became of (job {job}|the job|the picture)",
        "how (long|much longer) (will|does) the (picture|job) take",
        "is (it|the job|that) (done|ready|finished) [yet]",
        "what are you (working on|doing) [right now]",
        "what is the status of (the|my) job",
        "(how is|what about) job {job} [doing|going]",
        "is job {job} (done|ready|finished) [yet]",
        "how is (the|my|that) (picture|drawing|job|search) (coming on|coming along|doing|looking)",
        "have you finished (the|my|that) (picture|drawing|job) [yet]",
        "is (the|my|that) (drawing|image|painting) (done|ready|finished) [yet]",
        "(how is|what is) job [number] {job} (coming along|going|doing)",
        "what is happening with (the|my|that) (picture|job|search)",
        "(any progress|where are you) (on|with) (the|my|that|job) (picture|job|{job})",
        "are you still (drawing|painting|searching|working on it|at it)",
        "check [on] (the|my) (picture|job|drawing)",
    ],
)
def job_status(ctx: ToolContext, job: JobNumber | None = None) -> dict[str, Any]:
    """Tell how a job in the background is going, or what came of it.

    Args:
        ctx: Given by the registry.
        job: The number from the ticket. Leave it out for all jobs.
    """
    jobs = [entry for entry in ctx.jobs.all() if job in (None, entry.number)]
    if job is not None and not jobs:
        raise ToolError(f"I know no job {job}.")
    running = [entry for entry in jobs if entry.state is JobState.RUNNING]
    if job is None and not running:
        jobs = jobs[-1:]
    if not jobs:
        spoken = "Nothing is running in the background."
    elif running:
        spoken = f"I'm still working on {join_spoken([_going(ctx, entry) for entry in running])}."
    else:
        spoken = _ended(jobs[-1])
        ctx.jobs.told(jobs[-1].number)
    return {"spoken": spoken, "jobs": [_data(entry) for entry in jobs]}


@tool(
    only_with="background",
    examples=[
        "(cancel|stop|abort|end) (the|that|my) job",
        "(cancel|stop|abort|end) job {job}",
        "stop working on (it|that|the picture)",
        "stop (drawing|searching)",
        "(cancel|stop|forget) the picture",
        "(cancel|drop) job number {job}",
        "(you can stop|stop) what you are doing",
        "i don't need (the|that) job (anymore|any more)",
        "(abandon|drop|kill|quit|give up on|halt) (the|that|my) (job|drawing|image|search)",
        "(scrap|forget) (the|that|my) (job|drawing|image|search)",
        "(stop|quit) (making|drawing|painting|working on) (the|that) (picture|image)",
        "do not (bother|finish) (with|drawing) (the|that) (picture|image|job)",
        "never mind (the|that) (picture|image|drawing|job)",
        "i do not (want|need) (the|that) (picture|image|drawing) (anymore|any more)",
        "cancel (the|that) (picture|image|drawing|search)",
    ],
)
def cancel_job(ctx: ToolContext, job: JobNumber | None = None) -> dict[str, Any]:
    """End a job in the background.

    Args:
        ctx: Given by the registry.
        job: The number from the ticket. May be left out when only one runs.
    """
    running = [entry for entry in ctx.jobs.all() if entry.state is JobState.RUNNING]
    chosen = [entry for entry in running if job in (None, entry.number)]
    if not chosen:
        raise ToolError("No job like that is running.")
    if len(chosen) > 1:
        names = join_spoken([f"job {entry.number}, {entry.title}" for entry in chosen])
        raise ToolError(f"These are running: {names}. Which one should I cancel?")
    (entry,) = chosen
    if not ctx.jobs.cancel(entry.number):
        raise ToolError(f"Job {entry.number} ended just now.")
    return {"spoken": f"I stopped {entry.title}.", "job": entry.number, "status": "cancelled"}


def _going(ctx: ToolContext, job: Job) -> str:
    seconds = max(1, round((ctx.now() - job.started).total_seconds()))
    return f"{job.title}, for {say_duration(seconds)} now"


def _ended(job: Job) -> str:
    if job.state is JobState.CANCELLED:
        return f"I stopped {job.title}."
    told = "failed" if job.state is JobState.FAILED else "is done"
    return f"{job.title[:1].upper()}{job.title[1:]} {told}. {spoken_part(job.result)}"


def _data(job: Job) -> dict[str, Any]:
    data: dict[str, Any] = {"job": job.number, "title": job.title, "status": job.state.value}
    if job.result:
        data["result"] = job.result
    return data
