"""What happened in a scene and why, in sentences: one for each thing somebody did."""

from __future__ import annotations

from collections.abc import Iterator

from authpatterns import words
from authpatterns.draw import labels
from authpatterns.labs.attacks import listed
from authpatterns.notebook.explorer.play import Play, play
from authpatterns.notebook.explorer.scene import Scene
from authpatterns.trace import Act, Hop, Note, Trace


def sentences(scene: Scene) -> tuple[str, ...]:
    """What happened, in the language in use."""
    done = play(scene)
    return tuple(_attack(scene, done) if scene.attack is not None else _acts(done))


def _attack(scene: Scene, done: Play) -> Iterator[str]:
    assert scene.attack is not None
    assert done.outcome is not None
    name = scene.attack.name
    yield words.say("explorer.told.attack", name=listed.text(name, "name"), does=listed.text(name, "does"))
    ended = "succeeds" if done.outcome.succeeded else "fails"
    yield words.say(f"explorer.told.{ended}", pattern=scene.attack.pattern, seen=done.outcome.seen)
    yield listed.text(name, "why")


def _acts(done: Play) -> Iterator[str]:
    lang, until = words.language(), 0.0
    for act in done.trace.acts:
        hops = [hop for hop in done.trace if hop.act == act.id]
        own = [hop for hop in hops if hop.source == act.actor]
        if not own:
            continue
        pause = own[0].sent - until
        after = words.say("draw.pause", lang, span=labels.span(pause, lang)) if pause >= 1 else ""
        until = max(hop.answered or hop.sent for hop in hops)
        yield _act(act, own[-1], done.trace, _why(done.trace, hops), after)
    if done.problem is not None:
        yield str(done.problem)


def _act(act: Act, last: Hop, trace: Trace, why: str, after: str) -> str:
    lang = words.language()
    if last.response is None:
        ended = labels.gave_up_label(last, lang).head
    else:
        ended = labels.answer_label(last.response, labels.outcome(last, trace.parties), lang).head
    said = words.say("explorer.told.act", act=labels.act_text(act, lang), ended=ended)
    if why and (last.status or 0) // 100 != 2:
        said = words.say("explorer.told.because", said=said, why=why)
    return words.say("explorer.told.later", after=after, said=said) if after else said


def _why(trace: Trace, hops: list[Hop]) -> str:
    """The last refusal or failure among `hops`."""
    within = {hop.id for hop in hops}
    refusals = [note for note in trace.notes if note.hop in within and _is_bad(note)]
    return labels.note_text(refusals[-1], words.language()) if refusals else ""


def _is_bad(note: Note) -> bool:
    return labels.tone(note) in ("refusal", "failure")
