"""A trace in words, message by message: it stands beside every diagram, and in its place for whoever cannot see it."""

from __future__ import annotations

from authpatterns import words
from authpatterns.draw.story import Heading, Message, Remark, Row, Story, tell
from authpatterns.trace import Trace


def transcript(trace: Trace, lang: str | None = None, *, fold: bool = True, limit: int | None = None) -> str:
    """What flowed, in numbered lines; credentials by fingerprint.

    Examples:
        >>> from authpatterns import Deployment, Distributed, Jwt
        >>> shop = Deployment(Jwt(), Distributed())
        >>> answer = shop.user("alice").sign_in()
        >>> print(transcript(shop.trace, "en").splitlines()[0])
        Sequence diagram: alice (browser), auth (auth service)
    """
    return spoken(tell(trace, lang, fold=fold, limit=limit))


def spoken(story: Story) -> str:
    """A story as text, one row a line."""
    return "\n".join([head(story), *(line(row, story.lang) for row in story.rows), story.footer])


def head(story: Story) -> str:
    """What is shown and who takes part, in one line."""
    parties = ", ".join(
        words.say("draw.transcript.party", story.lang, name=party.name, kind=story.kind_word(party))
        for party in story.parties
    )
    title = words.say("draw.title.sequence", story.lang)
    return words.say("draw.transcript.head", story.lang, title=title, parties=parties)


def line(row: Row, lang: str) -> str:
    """One row as text."""
    if isinstance(row, Message):
        return f"{row.number}. {row.source} → {row.target}: {' | '.join((row.head, *row.details))}"
    if isinstance(row, Remark):
        return "   " + words.say(f"draw.transcript.{row.tone}", lang, node=row.node, text=" ".join(row.sentences))
    return f"== {row.title} ==" if isinstance(row, Heading) else f"   … {row.text}"
