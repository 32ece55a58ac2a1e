"""Every form in which a trace can leave the program, by name."""

from __future__ import annotations

from collections.abc import Callable

from authpatterns.draw.har import har
from authpatterns.draw.mermaid import mermaid
from authpatterns.draw.plantuml import plantuml
from authpatterns.draw.sequence import sequence
from authpatterns.draw.transcript import transcript
from authpatterns.errors import Misuse
from authpatterns.trace import Trace

FORMATS: dict[str, Callable[[Trace, str | None], str]] = {
    "text": lambda trace, lang: transcript(trace, lang) + "\n",
    "mermaid": mermaid,
    "plantuml": plantuml,
    "svg": lambda trace, lang: sequence(trace, lang).svg,
    "json": lambda trace, _: trace.to_json(),
    "har": har,
}


def export(trace: Trace, form: str, lang: str | None = None) -> str:
    """`trace` as "text", "mermaid", "plantuml", "svg", "json" or "har"; credentials by fingerprint.

    Raises:
        Misuse: there is no such form.
    """
    if form not in FORMATS:
        raise Misuse("draw.no-format", name=form, known=", ".join(FORMATS))
    return FORMATS[form](trace, lang)
