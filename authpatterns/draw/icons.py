"""A small sign for each kind of node, 18 by 18 pixels, as SVG path commands from its upper left corner."""

from __future__ import annotations

from authpatterns.draw.shapes import Path

SIZE = 18

_WINDOW = "m1 3h16v12h-16zm0 4h16m-13.5 -2h.1m2 0h.1"
_GATE = "m3 16v-10a6 6 0 0 1 12 0v10m-14 0h16m-8 -12v12m-3 -6v6m6 -6v6"
_KEY = "m11 8a4 4 0 1 0 -7.9 1a4 4 0 0 0 7.9 -1zm-.2 1h6.2v3m-3 -3v2"
_BADGE = "m3 2h12v14h-12zm6 3.2a2 2 0 1 0 .1 0zm-3.5 8.3a3.5 3 0 0 1 7 0m-5.5 -11.5v-1h4v1"
_DRUM = "m2.5 4.500a6.5 2.5 0 0 0 13 0a6.5 2.5 0 0 0 -13 0v9a6.5 2.5 0 0 0 13 0v-9m-13 4.500a6.5 2.5 0 0 0 13 0"
_SCALES = "m9 2v14m-4 0h8m-11 -12h14m-11.5 0l-2.5 6h5zm9 0l-2.5 6h5z"
_CUBE = "m9 1.500l7 3.800v7.400l-7 3.800l-7 -3.800v-7.400zm-7 3.800l7 3.800l7 -3.800m-7 3.800v7.4"
_SHIELD = "m9 1.500l6.5 2.300v4.700c0 4 -2.7 6.7 -6.5 8c-3.8 -1.3 -6.5 -4 -6.5 -8v-4.700zm-3 7.500l2.3 2.300l4 -4.5"
_SHEET = "m4 1.500h7l3.5 3.500v11.500h-10.500zm7 0v3.500h3.500m-7.5 4h5m-5 3h5"
_TOWER = "m9 8v8.5m-4 0h8m-4 -10.5a1.6 1.6 0 1 0 .1 0zm-4.2 5.4a5.6 5.6 0 0 1 0 -7.8m8.4 0a5.6 5.6 0 0 1 0 7.8"
_MASK = (
    "m1.5 6h15c0 6 -2.5 8 -4.7 8c-1.8 0 -1.8 -2 -2.8 -2c-1 0 -1 2 -2.8 2c-2.2 0 -4.7 -2 -4.7 -8zm3.5 3h2.500m3 0h2.5"
)

SIGNS = {
    "browser": _WINDOW,
    "gateway": _GATE,
    "auth": _KEY,
    "idp": _BADGE,
    "store": _DRUM,
    "pdp": _SCALES,
    "service": _CUBE,
    "authorizer": _SHIELD,
    "pip": _SHEET,
    "pap": _TOWER,
    "authz-provider": _SCALES,
    "attacker": _MASK,
}


def icon(kind: str, x: float, y: float, *, dim: bool = False) -> Path:
    """The sign for `kind` with its upper left corner at `x`, `y`; an unknown kind has that of a service."""
    return Path("icon", x, y, SIGNS.get(kind, _CUBE).replace(".5", ".5"), dim)
