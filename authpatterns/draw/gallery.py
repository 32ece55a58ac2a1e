"""The gallery in `diagrams/`: every pattern, drawn from a run, in both languages.

Each picture is a small story in a world of its own with a fixed seed: written twice, the gallery is the same bytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from authpatterns import catalogue, words
from authpatterns.draw import labels, scenes
from authpatterns.draw.compare import compare
from authpatterns.draw.credentials import credentials
from authpatterns.draw.sequence import sequence
from authpatterns.draw.show import Drawing
from authpatterns.draw.timeline import timeline
from authpatterns.draw.topology import topology
from authpatterns.trace import Trace

_PLAIN_AUTHZ = "distributed"
_BOTH_WAYS = ("jwt", "jwt-gateway")
_KINDS = ("topology", "sequence")


@dataclass(frozen=True, slots=True)
class Plate:
    """One picture of the gallery.

    Attributes:
        name: Of the file, without ending.
        chapter: Code of the heading it stands under; "" where only the table of all combinations leads to it.
        caption: What it shows, by language.
        draw: Makes it, given a language and a title.
    """

    name: str
    chapter: str
    caption: Callable[[str], str]
    draw: Callable[[str, str], Drawing]

    def drawing(self, lang: str) -> Drawing:
        """The picture in one language."""
        return self.draw(lang, self.caption(lang))


def write_gallery(folder: str | Path) -> list[Path]:
    """Write every picture and one page for each language into `folder`, and give the files in order."""
    return [_write(Path(folder) / name, text) for name, text in files()]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`python -m authpatterns diagrams [FOLDER]`."""
    parser.add_argument("folder", nargs="?", default="diagrams")


def run(options: argparse.Namespace) -> int:
    """Write the gallery and name the files."""
    for path in write_gallery(options.folder):
        print(path)
    return 0


def files() -> Iterator[tuple[str, str]]:
    """What belongs into the gallery: path inside it, and content."""
    for lang in words.LANGUAGES:
        plates = plates_of_gallery()
        yield f"{lang}/README.md", _page(plates, lang)
        for plate in plates:
            svg = plate.drawing(lang).svg
            if svg:  # a topology without any Graphviz has none
                yield f"{lang}/{plate.name}.svg", svg


def plates_of_gallery() -> list[Plate]:
    """Every picture, in the order of the page."""
    plates: list[Plate] = []
    for authn in catalogue.AUTHENTICATION:
        plates += _pattern_plates(authn, _PLAIN_AUTHZ, "authn")
        plates.append(_plate("credentials", authn, _PLAIN_AUTHZ, "authn"))
    for authn in (*_BOTH_WAYS, *(name for name in catalogue.AUTHENTICATION if name not in _BOTH_WAYS)):
        for authz in catalogue.AUTHORIZATION:
            if authz != _PLAIN_AUTHZ:
                plates += _pattern_plates(authn, authz, "authz" if authn in _BOTH_WAYS else "")
    return plates + _story_plates()


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def _page(plates: list[Plate], lang: str) -> str:
    lines = [f"# {words.say('draw.gallery.title', lang)}", "", words.say("draw.gallery.about", lang)]
    lines += ["", f"## {words.say('draw.gallery.all', lang)}", "", *_table(lang)]
    chapter = ""
    for plate in plates:
        if not plate.chapter:
            continue
        if plate.chapter != chapter:
            chapter = plate.chapter
            lines += ["", f"## {words.say(f'draw.gallery.{chapter}', lang)}"]
        said = plate.caption(lang)
        lines += ["", f"### {said}", "", f"![{said}]({plate.name}.svg)"]
    return "\n".join([*lines, ""])


def _table(lang: str) -> Iterator[str]:
    """Every combination, with links to its two pictures."""
    kinds = {kind: words.say(f"draw.title.{kind}", lang) for kind in _KINDS}
    head = [words.say("draw.gallery.authn", lang), *(f"`{authz}`" for authz in catalogue.AUTHORIZATION)]
    yield f"| {' | '.join(head)} |"
    yield "|---|" + "---|" * len(catalogue.AUTHORIZATION)
    for authn in catalogue.AUTHENTICATION:
        cells = (
            "<br>".join(f"[{said}]({kind}-{authn}-{authz}.svg)" for kind, said in kinds.items())
            for authz in catalogue.AUTHORIZATION
        )
        yield f"| `{authn}` | " + " | ".join(cells) + " |"


# --- one pattern with another


def _pattern_plates(authn: str, authz: str, chapter: str) -> list[Plate]:
    return [_plate(kind, authn, authz, chapter) for kind in _KINDS]


def _plate(kind: str, authn: str, authz: str, chapter: str) -> Plate:
    def caption(lang: str) -> str:
        said = words.say(f"draw.title.{kind}", lang)
        return words.say("draw.gallery.pair", lang, kind=said, authn=authn, authz=authz)

    def draw(lang: str, title: str) -> Drawing:
        shop = scenes.visited(authn, authz)
        if kind == "topology":
            return topology(shop, lang, title=title)
        return {"sequence": sequence, "credentials": credentials}[kind](shop.trace, lang, title=title)

    return Plate(f"{kind}-{authn}-{authz}", chapter, caption, draw)


# --- stories


def _story_plates() -> list[Plate]:
    return [
        *(_signed_out(authn) for authn in catalogue.AUTHENTICATION),
        _sequence("refreshed", "renewal", _said("refreshed"), scenes.refreshed),
        _comparison("rotated", "renewal", lambda: (scenes.rotated(overlap=True), scenes.rotated(overlap=False))),
        *(_outage(part) for part in scenes.CENTRAL),
        _timeline("refresh-race", _said("refresh-race"), scenes.refresh_race),
        *(_revocation(authn) for authn in catalogue.AUTHENTICATION),
        _timeline("slow-pdp", _said("slow-pdp"), scenes.slow_pdp),
        _comparison("pdp-outage", "comparisons", lambda: (_one_order(), scenes.one_order("centralized", down="pdp"))),
        _comparison("central-or-distributed", "comparisons", lambda: (_one_order(), scenes.one_order("distributed"))),
    ]


def _one_order() -> Trace:
    return scenes.one_order("centralized")


def _signed_out(authn: str) -> Plate:
    caption = _said("signed-out", authn=authn)
    return _sequence(f"signed-out-{authn}", "sign-out", caption, lambda: scenes.signed_out(authn))


def _outage(part: str) -> Plate:
    authn, authz = scenes.CENTRAL[part]
    caption = _said("outage", part=part, authn=authn, authz=authz)
    return _sequence(f"outage-{part}", "outages", caption, lambda: scenes.outage(part))


def _revocation(authn: str) -> Plate:
    window = catalogue.AUTHENTICATION[authn]().revocation_window

    def caption(lang: str) -> str:
        key = "revoked-late" if window else "revoked-at-once"
        return words.say(f"draw.gallery.{key}", lang, authn=authn, window=labels.span(window, lang))

    return _timeline(f"revocation-{authn}", caption, lambda: scenes.stolen_token(authn))


def _said(key: str, **facts: str) -> Callable[[str], str]:
    return lambda lang: words.say(f"draw.gallery.{key}", lang, **facts)


def _sequence(name: str, chapter: str, caption: Callable[[str], str], story: Callable[[], Trace]) -> Plate:
    return Plate(f"sequence-{name}", chapter, caption, lambda lang, title: sequence(story(), lang, title=title))


def _timeline(name: str, caption: Callable[[str], str], story: Callable[[], Trace]) -> Plate:
    return Plate(f"timeline-{name}", "timelines", caption, lambda lang, title: timeline(story(), lang, title=title))


def _comparison(name: str, chapter: str, story: Callable[[], tuple[Trace, Trace]]) -> Plate:
    def draw(lang: str, title: str) -> Drawing:
        sides = (words.say(f"draw.gallery.{name}-left", lang), words.say(f"draw.gallery.{name}-right", lang))
        return compare(*story(), lang, title=title, titles=sides)

    return Plate(f"compare-{name}", chapter, _said(name), draw)
