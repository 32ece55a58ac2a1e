"""The gallery in `diagrams/`: every pattern, drawn from a run, in both languages.

Each picture is a small story in a world of its own with a fixed seed: written twice, the gallery is the same bytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from authpatterns import catalogue, faults, stories, words
from authpatterns.deployment import Deployment
from authpatterns.draw.compare import compare
from authpatterns.draw.credentials import credentials
from authpatterns.draw.sequence import sequence
from authpatterns.draw.show import Drawing
from authpatterns.draw.timeline import timeline
from authpatterns.draw.topology import topology
from authpatterns.trace import Trace

SEED = 7
_PLAIN_AUTHZ = "distributed"
_BOTH_WAYS = ("jwt", "jwt-gateway")


@dataclass(frozen=True, slots=True)
class Plate:
    """One picture of the gallery.

    Attributes:
        name: Of the file, without ending.
        chapter: Code of the heading it stands under.
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
    for authn in _BOTH_WAYS:
        for authz in catalogue.AUTHORIZATION:
            if authz != _PLAIN_AUTHZ:
                plates += _pattern_plates(authn, authz, "authz")
    return plates + _story_plates()


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def _page(plates: list[Plate], lang: str) -> str:
    lines = [f"# {words.say('draw.gallery.title', lang)}", "", words.say("draw.gallery.about", lang)]
    chapter = ""
    for plate in plates:
        if plate.chapter != chapter:
            chapter = plate.chapter
            lines += ["", f"## {words.say(f'draw.gallery.{chapter}', lang)}"]
        said = plate.caption(lang)
        lines += ["", f"### {said}", "", f"![{said}]({plate.name}.svg)"]
    return "\n".join([*lines, ""])


# --- one pattern with another


def _pattern_plates(authn: str, authz: str, chapter: str) -> list[Plate]:
    return [_plate(kind, authn, authz, chapter) for kind in ("topology", "sequence")]


def _plate(kind: str, authn: str, authz: str, chapter: str) -> Plate:
    def caption(lang: str) -> str:
        said = words.say(f"draw.title.{kind}", lang)
        return words.say("draw.gallery.pair", lang, kind=said, authn=authn, authz=authz)

    def draw(lang: str, title: str) -> Drawing:
        shop = _visited(authn, authz)
        if kind == "topology":
            return topology(shop, lang, title=title)
        return {"sequence": sequence, "credentials": credentials}[kind](shop.trace, lang, title=title)

    return Plate(f"{kind}-{authn}-{authz}", chapter, caption, draw)


@cache
def _visited(authn: str, authz: str) -> Deployment:
    shop = catalogue.deploy(authn, authz, seed=SEED)
    stories.standard_visit(shop)
    return shop


# --- stories


def _story_plates() -> list[Plate]:
    return [
        _timeline("refresh-race", refresh_race),
        _timeline("revocation-jwt", lambda: stolen_token("jwt")),
        _timeline("revocation-jwt-gateway", lambda: stolen_token("jwt-gateway")),
        _timeline("slow-pdp", slow_pdp),
        _comparison("pdp-outage", lambda: (_one_order("centralized"), _one_order("centralized", faults.Outage("pdp")))),
        _comparison("central-or-distributed", lambda: (_one_order("centralized"), _one_order("distributed"))),
    ]


def _timeline(name: str, story: Callable[[], Trace]) -> Plate:
    def draw(lang: str, title: str) -> Drawing:
        return timeline(story(), lang, title=title)

    return Plate(f"timeline-{name}", "timelines", lambda lang: words.say(f"draw.gallery.{name}", lang), draw)


def _comparison(name: str, story: Callable[[], tuple[Trace, Trace]]) -> Plate:
    def draw(lang: str, title: str) -> Drawing:
        sides = (words.say(f"draw.gallery.{name}-left", lang), words.say(f"draw.gallery.{name}-right", lang))
        return compare(*story(), lang, titles=sides)

    return Plate(f"compare-{name}", "comparisons", lambda lang: words.say(f"draw.gallery.{name}", lang), draw)


@cache
def refresh_race() -> Trace:
    """Two tabs of one browser renew the token at the same time, with the same refresh token."""
    shop = catalogue.deploy("jwt", seed=SEED)
    alice = shop.user("alice")
    alice.sign_in()

    async def both() -> None:
        tabs = [shop.kernel.spawn(alice.browser.refresh()) for _ in range(2)]
        for tab in tabs:
            await tab

    shop.run(both())
    alice.refresh()
    return shop.trace


@cache
def stolen_token(authn: str) -> Trace:
    """A stolen token is used before and after its owner signs out, and again much later."""
    shop = catalogue.deploy(authn, seed=SEED)
    alice, thief = shop.user("alice"), shop.visitor("thief")
    alice.sign_in()
    alice.get("/orders/1")
    sent = next(hop.request for hop in reversed(shop.trace.hops) if hop.source == "alice")
    loot = {name: value for name, value in sent.headers if name in ("authorization", "cookie")}
    thief.get("/orders/1", loot)
    alice.sign_out()
    for minutes in (1, 20):
        shop.clock.advance(minutes=minutes)
        thief.get("/orders/1", loot)
    return shop.trace


@cache
def slow_pdp() -> Trace:
    """The decision point takes longer than anybody waits for it."""
    shop = catalogue.deploy("jwt", "centralized", seed=SEED)
    alice = shop.user("alice")
    alice.sign_in()
    alice.get("/orders/1")
    with shop.rule(faults.Slow("pdp", 20)):
        alice.get("/orders/1")
    alice.get("/orders/1")
    return shop.trace


@cache
def _one_order(authz: str, fault: faults.Outage | None = None) -> Trace:
    shop = catalogue.deploy("jwt", authz, seed=SEED)
    alice = shop.user("alice")
    alice.sign_in()
    if fault is None:
        alice.get("/orders/1")
    else:
        with shop.rule(fault):
            alice.get("/orders/1")
    return shop.trace
