"""Does an architecture do what a company needs? Every requirement is measured by a run, none is looked up.

Examples:
    >>> from authpatterns import Distributed, Session
    >>> shared_tills = Company("tills", (Requirement("revocation", at_most=5), Requirement("parts", at_most=2)))
    >>> [(row["requirement"], row["measured"], row["met"]) for row in assess(shared_tills, Session(), Distributed())]
    [('revocation', 0.0, True), ('parts', 2, True)]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import MappingProxyType

from authpatterns import faults
from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse
from authpatterns.labs.newrule import AUDITOR, edits
from authpatterns.labs.operations import revocation, withdrawal
from authpatterns.labs.people import OWN, READS, click, shows_data
from authpatterns.labs.table import Row, Table
from authpatterns.pattern import Authentication, Authorization
from authpatterns.secrecy import carried

SEED = 17
EVERY = 30.0
"""Seconds between two clicks of one person."""
CLICKS = 40
"""Of each person, where calls are counted: twenty minutes of work."""
HORIZON = 1200.0
"""For how many seconds an outage is watched."""
EDGE = ("browser", "service", "gateway")
"""Kinds of nodes of which there are as many as one likes. All others are the centre: they sign, decide or remember."""


# --- what is measured


def calls(authn: Authentication, authz: Authorization) -> float:
    """Calls to the centre per 1,000 clicks of people who work for twenty minutes."""
    shop = _at_work(authn, authz)
    before = len(shop.trace)
    for number in range(CLICKS):
        for name, key in OWN.items():
            path = f"{list(READS.values())[number % len(READS)]}/{key}"
            shop.run(click(shop.browser(name), path, renewable=authn.renewable))
        shop.clock.advance(seconds=EVERY)
    asked = [hop for hop in shop.trace.hops[before:] if hop.target in centre(shop)]
    return round(1000 * len(asked) / (CLICKS * len(OWN)), 1)


def works_alone(authn: Authentication, authz: Authorization) -> float:
    """Seconds for which somebody who has just worked goes on working after the whole centre has gone down."""
    shop = _at_work(authn, authz)
    return _works_without(shop, centre(shop))


def decides_alone(authn: Authentication, authz: Authorization) -> float:
    """The same, where only that part of the centre has gone down which authorization needs."""
    return _works_without(_at_work(authn, authz), authz.central)


def parts(authn: Authentication, authz: Authorization) -> float:
    """How many parts have to be operated besides the microservices."""
    shop = Deployment(authn, authz, seed=SEED)
    return len([node for node in shop.network.nodes.values() if node.kind not in ("browser", "service")])


def readable(authn: Authentication, authz: Authorization) -> float:
    """How many secrets a script in the shop's pages can read once somebody has signed in."""
    shop = Deployment(authn, authz, seed=SEED)
    alice = shop.user("alice")
    alice.sign_in()
    pages = sorted(set(alice.browser.addresses.values()))
    return len({secret for page in pages for secret in alice.browser.seen_by_script(page).values()})


def carried_bytes(authn: Authentication, authz: Authorization) -> float:
    """Bytes of credential in one request of a browser."""
    shop = _at_work(authn, authz)
    return sum(secret.size for secret in carried(shop.user("alice").last_request))


def rule_places(authn: Authentication, authz: Authorization) -> float:
    """In how many places something has to be changed so that auditors may read orders, payments and parcels."""
    return len({edit.place for edit in edits(AUDITOR, authz)})


def centre(shop: Deployment) -> list[str]:
    """The parts that sign, decide or remember."""
    return [name for name, node in shop.network.nodes.items() if node.kind not in EDGE]


def _never(seconds: float | None) -> float:
    return float("inf") if seconds is None else seconds


MEASURES: Mapping[str, Callable[[Authentication, Authorization], float]] = MappingProxyType(
    {
        "revocation": lambda authn, authz: _never(revocation(authn, authz)),
        "withdrawal": lambda authn, authz: _never(withdrawal(authn, authz)),
        "calls": calls,
        "works-alone": works_alone,
        "decides-alone": decides_alone,
        "parts": parts,
        "readable": readable,
        "bytes": carried_bytes,
        "rule-places": rule_places,
    }
)
"""What can be required, by the name it has in a table."""


def _at_work(authn: Authentication, authz: Authorization) -> Deployment:
    """A shop in which three customers have signed in and looked at everything of theirs."""
    shop = Deployment(authn, authz, seed=SEED)
    for name, key in OWN.items():
        shop.user(name).sign_in()
        for prefix in READS.values():
            shop.user(name).get(f"{prefix}/{key}")
    return shop


def _works_without(shop: Deployment, down: Iterable[str]) -> float:
    begun, browser = shop.clock.now, shop.browser("alice")
    with ExitStack() as stack:
        for name in down:
            stack.enter_context(shop.rule(faults.Outage(name)))
        while shop.clock.now - begun < HORIZON:
            answer = shop.run(click(browser, f"/orders/{OWN['alice']}", renewable=shop.authn.renewable))
            if not shows_data(answer):
                return round(shop.clock.now - begun, 0)
            shop.clock.advance(seconds=EVERY)
    return HORIZON


# --- what is required


@dataclass(frozen=True)
class Requirement:
    """One number that an architecture has to keep to.

    Attributes:
        name: One of `MEASURES`.
        at_most, at_least: The limit; one of the two.

    Raises:
        Misuse: nothing of that name can be measured.
    """

    name: str
    at_most: float | None = None
    at_least: float | None = None

    def __post_init__(self) -> None:
        if self.name not in MEASURES:
            raise Misuse("lab.no-measure", name=self.name, known=", ".join(MEASURES))

    @property
    def wanted(self) -> str:
        """The limit as people write it."""
        return f"≤ {self.at_most:g}" if self.at_most is not None else f"≥ {self.at_least:g}"

    def met_by(self, value: float) -> bool:
        """Whether `value` keeps to the limit."""
        return value <= self.at_most if self.at_most is not None else value >= (self.at_least or 0)


@dataclass(frozen=True)
class Company:
    """Somebody who has to choose.

    Attributes:
        name: Its sentence is `lab.company.<name>`.
        requirements: All of them have to be met.
    """

    name: str
    requirements: tuple[Requirement, ...]


def assess(company: Company, authn: Authentication, authz: Authorization) -> Table:
    """Measure everything that `company` requires: one row each, with what was wanted and whether it is met."""
    rows = tuple(_row(each, MEASURES[each.name](authn, authz)) for each in company.requirements)
    about = (("company", company.name), ("authn", authn.name), ("authz", authz.name))
    return Table("assessment", ("requirement", "wanted", "measured", "met"), rows, about)


def _row(requirement: Requirement, value: float) -> Row:
    return {
        "requirement": requirement.name,
        "wanted": requirement.wanted,
        "measured": value,
        "met": requirement.met_by(value),
    }


KITSUNE = Company(
    "kitsune",
    (
        Requirement("revocation", at_most=5),
        Requirement("readable", at_most=0),
        Requirement("parts", at_most=2),
        Requirement("bytes", at_most=500),
    ),
)
MIYAKO = Company(
    "miyako",
    (
        Requirement("withdrawal", at_most=60),
        Requirement("rule-places", at_most=1),
        Requirement("decides-alone", at_least=60),
        Requirement("revocation", at_most=60),
    ),
)
HAYATE = Company(
    "hayate",
    (
        Requirement("calls", at_most=300),
        Requirement("works-alone", at_least=240),
        Requirement("revocation", at_most=300),
        Requirement("withdrawal", at_most=300),
    ),
)
COMPANIES = (KITSUNE, MIYAKO, HAYATE)
"""The three of the capstone: a chain of small shops, an insurance company, a platform for a hundred million people."""
