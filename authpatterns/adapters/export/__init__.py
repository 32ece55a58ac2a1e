"""Configurations of real systems, written from a deployment: one file for each target.

A target is a module with three things: `FITS`, the command-line forms of the combinations it makes sense for;
`fits(shop)`, whether a deployment is one of them; and `files(shop, places)`, the files by name. Everything in a file
that the patterns' settings decide is read from the deployment.

Examples:
    >>> from authpatterns import Deployment, Distributed, SsoGateway
    >>> shop = Deployment(SsoGateway(verify="jwks", jwks_ttl=60), Distributed())
    >>> "cache_duration: 60s" in files(shop, "envoy")["envoy.yaml"]
    True
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from authpatterns.adapters.export.facts import Places
from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse

TARGETS = ("compose", "kong", "envoy", "nginx", "keycloak", "opa", "sam")
"""What can be written. Each is a module here."""


def files(shop: Deployment, target: str, places: Places | None = None) -> dict[str, str]:
    """The files of `target` for `shop`, by name.

    Args:
        shop: The deployment.
        target: One of `TARGETS`.
        places: Where everything stands; in containers unless given.

    Raises:
        Misuse: there is no such target, or it makes no sense for this combination; the sentence says for which it does.
    """
    module = target_named(target)
    if not module.fits(shop):
        combination = f"{shop.authn.name} {shop.authz.name}"
        raise Misuse("export.no-sense", target=target, combination=combination, known="; ".join(module.FITS))
    written: dict[str, str] = module.files(shop, places or Places.in_containers(shop))
    return written


def target_named(target: str) -> ModuleType:
    """The module of a target.

    Raises:
        Misuse: there is no such target.
    """
    if target not in TARGETS:
        raise Misuse("export.unknown", target=target, known=", ".join(TARGETS))
    return import_module(f"{__package__}.{target}")
