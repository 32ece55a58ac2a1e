"""What happens in a scene: it is played in a world of its own, and remembered."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache

from authpatterns import stories, words
from authpatterns.deployment import Deployment
from authpatterns.draw import story
from authpatterns.errors import Problem
from authpatterns.keys import KeyRing, KeySet
from authpatterns.labs.attacks import CELLS, Outcome, matrix
from authpatterns.notebook.explorer.scene import Attack, Scene
from authpatterns.trace import Trace


@dataclass(frozen=True)
class Issuer:
    """Somebody who signs tokens here, with the keys that are published."""

    node: str
    keys: KeySet


@dataclass(frozen=True)
class Play:
    """What happened.

    Attributes:
        trace: What flowed.
        authn, authz: Names of the patterns that really ran: an attack runs beside the plainest pattern of the other
            kind.
        declared: What the patterns say of themselves: windows in seconds by name.
        issuers: Who signs tokens.
        problem: Why the story ended early, or None.
        outcome: What became of the attack, or None where there was none.
    """

    trace: Trace
    authn: str
    authz: str
    declared: tuple[tuple[str, float], ...]
    issuers: tuple[Issuer, ...]
    problem: Problem | None = None
    outcome: Outcome | None = None


def play(scene: Scene) -> Play:
    """What happens in `scene`, whatever part of it is looked at."""
    return _play(scene.played)


@lru_cache(maxsize=64)
def _play(scene: Scene) -> Play:
    return _attacked(scene.attack, scene.seed) if scene.attack is not None else _told(scene)


def _told(scene: Scene) -> Play:
    shop = scene.deploy()
    problem = None
    with ExitStack() as stack:
        for fault in scene.faults:
            stack.enter_context(shop.rule(fault.rule))
        try:
            stories.STORIES[scene.story](shop, lambda: shop.clock.advance(seconds=scene.wait))
        except Problem as end:
            problem = end
    return _seen(shop, problem)


def _attacked(attack: Attack, seed: int) -> Play:
    cell = CELLS[attack.name, attack.pattern]
    world = cell.world(attack.world)
    assert world is not None, "a scene holds only attacks that there are"
    outcome, lab = matrix.run(cell, world, seed)
    return _seen(lab.shop, None, outcome)


def _seen(shop: Deployment, problem: Problem | None, outcome: Outcome | None = None) -> Play:
    rings = {name: getattr(node, "keys", None) for name, node in shop.network.nodes.items()}
    issuers = tuple(Issuer(name, ring.key_set()) for name, ring in rings.items() if isinstance(ring, KeyRing))
    names = shop.authn.name, shop.authz.name
    return Play(shop.trace, *names, _declared(shop), issuers, problem, outcome)


def _declared(shop: Deployment) -> tuple[tuple[str, float], ...]:
    found = [(name, getattr(shop.authn, name)) for name in ("credential_lifetime", "revocation_window", "key_cache")]
    found += [(name, getattr(shop.authz, name)) for name in ("role_window", "fact_window", "grace")]
    return tuple((name, value) for name, value in found if value is not None)


def story_of(scene: Scene) -> story.Story:
    """What happened in `scene` as a diagram tells it, in the language in use."""
    return _story(scene.played, words.language())


@lru_cache(maxsize=64)
def _story(scene: Scene, lang: str) -> story.Story:
    return story.tell(play(scene).trace, lang)
