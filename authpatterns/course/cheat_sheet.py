"""The cheat sheet: every pattern on one page, and every figure on it measured.

Where a credential lives and who checks it is read from a run; what breaks, how fast a sign-out bites and how long a
withdrawn role works are read from the tables of the labs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from authpatterns import catalogue, words
from authpatterns.course import books
from authpatterns.course.books import Notebook
from authpatterns.course.findings import Finding, Findings
from authpatterns.course.navigation import OTHER
from authpatterns.course.settings import Course
from authpatterns.deployment import Deployment
from authpatterns.labs.measured import measured
from authpatterns.labs.requirements import parts, rule_places
from authpatterns.labs.table import shown
from authpatterns.messages import Url
from authpatterns.words import LANGUAGES

NAME = "cheat-sheet.ipynb"
PLAIN = "distributed"
"""The authorization pattern beside which authentication patterns are compared: it adds no message."""
BESIDE = "jwt"
"""The authentication pattern beside which authorization patterns are compared."""
SIGNS_OF_A_CHECK = ("token.verified", "session.found", "introspection.active", "introspection.converted")
"""Notes of a node that has found out who is asking."""


def page(course: Course, lang: str) -> Notebook:
    """The cheat sheet in one language."""
    with words.speaking(lang):
        tables = [_table("authn", _authentication(course, lang)), _table("authz", _authorization(course, lang))]
        cells = [
            ("navigation", _top(course, lang)),
            *((f"table-{number}", text) for number, text in enumerate(tables, 1)),
            ("sources", words.say("course.sheet.sources")),
        ]
    return books.new_book([books.markdown(name, text, **{books.GENERATED: True}) for name, text in cells])


def write_pages(course: Course) -> list[Path]:
    """Write both pages, and give their paths."""
    for lang in LANGUAGES:
        books.write(page(course, lang), course.root / lang / NAME)
    return [course.root / lang / NAME for lang in LANGUAGES]


def current_cheat_sheet(course: Course) -> Findings:
    """The pages are those that the runs and the tables make."""
    for lang in LANGUAGES:
        path = course.root / lang / NAME
        if not path.exists() or books.read(path) != page(course, lang):
            yield Finding("current-cheat-sheet", f"{lang}/{NAME}")


def _top(course: Course, lang: str) -> str:
    contents = f"[{words.say('course.contents')}]({course.lessons[0].slug}.ipynb)"
    switch = f"[{words.say('course.language', OTHER[lang])}](../{OTHER[lang]}/{NAME})"
    return f"{contents} | {switch}\n\n# {words.say('course.sheet.title')}\n\n{words.say('course.sheet.about')}"


def _table(kind: str, rows: Iterable[Sequence[str]]) -> str:
    names = words.say(f"course.sheet.columns-{kind}").split("|")
    lines = [names, ["---"] * len(names), *rows]
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"## {words.say(f'course.sheet.{kind}')}\n\n{body}"


# --- authentication


def _authentication(course: Course, lang: str) -> Iterable[list[str]]:
    for name in catalogue.AUTHENTICATION:
        shop = catalogue.deploy(name, PLAIN, seed=7)
        alice = shop.user("alice")
        alice.sign_in()
        alice.get("/orders/1")
        yield [
            _linked(course, name, lang),
            ", ".join(_places(shop)),
            ", ".join(_checkers(shop)),
            _stops(authn=name, authz=PLAIN),
            _figure("revocations", authn=name, settings=""),
            _figure("withdrawals", authn=name, authz=PLAIN, settings=""),
            _figure("tradeoffs", "messages", authn=name, authz=PLAIN),
            _figure("tradeoffs", "client_bytes", authn=name, authz=PLAIN),
        ]


def _places(shop: Deployment) -> list[str]:
    """Where the browser keeps what it is known by."""
    browser = shop.browser("alice")
    pages = dict.fromkeys(browser.addresses.values())
    stored = ["LocalStorage" for page in pages if browser.storage("local", page)]
    stored += ["SessionStorage" for page in pages if browser.storage("session", page)]
    sites = [Url.parse(f"{page}/") for page in pages]
    cookies = {cookie.name: cookie for site in sites for cookie in browser.cookies.fitting(site, browser.now)}
    stored += [f"Cookie `{name}`{' (HttpOnly)' if cookie.http_only else ''}" for name, cookie in cookies.items()]
    return list(dict.fromkeys(stored))


def _checkers(shop: Deployment) -> list[str]:
    """The nodes that found out who was asking for the order."""
    return list(dict.fromkeys(f"`{note.node}`" for note in shop.trace.last().notes if note.code in SIGNS_OF_A_CHECK))


# --- authorization


def _authorization(course: Course, lang: str) -> Iterable[list[str]]:
    for name in catalogue.AUTHORIZATION:
        shop = catalogue.deploy(BESIDE, name)
        yield [
            _linked(course, name, lang),
            ", ".join(f"`{part}`" for part in shop.authz.central) or "–",  # type: ignore[attr-defined]
            _stops(authn=BESIDE, authz=name),
            _figure("withdrawals", authn=BESIDE, authz=name, settings=""),
            shown(rule_places(shop.authn, shop.authz)),  # type: ignore[arg-type]  # deployed by name, so it is one
            _figure("tradeoffs", "messages", authn=BESIDE, authz=name),
            shown(parts(shop.authn, shop.authz)),  # type: ignore[arg-type]  # likewise
        ]


# --- figures


def _stops(authn: str, authz: str) -> str:
    """The central parts whose outage stops work, with the seconds until then."""
    rows = measured("outages").where(authn=authn, authz=authz, fault="down")
    services = ("orders", "payments", "shipping")
    horizon = dict(rows.settings)["horizon"]
    stopping = [row for row in rows if row["part"] not in services and row["works_for"] < horizon]
    said = [words.say("course.sheet.stops", part=row["part"], seconds=shown(row["works_for"])) for row in stopping]
    return ", ".join(said) or "–"


def _figure(table: str, column: str = "window", **row: str) -> str:
    (found,) = measured(table).where(**row)
    return shown(round(found[column], 1) if isinstance(found[column], float) else found[column])


def _linked(course: Course, pattern: str, lang: str) -> str:
    """The pattern's name, linked to its lesson."""
    for lesson in course.lessons:
        if lesson.slug.partition("-")[2] == pattern:
            return f"[{lesson.title[lang]}]({lesson.slug}.ipynb) `{pattern}`"
    return f"`{pattern}`"
