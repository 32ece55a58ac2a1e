"""A picture as SVG text: colours, faces, and the order in which things are painted.

The light picture stands in plain attributes, so it survives where styles are removed (GitHub, mail); the dark one is a
style sheet of overrides that follows the reader's colour scheme. Each role is written once, as a group, which keeps
files small. Both palettes are tested: text has a contrast of at least 4.5 to 1 against what lies under it, and whatever
a colour says is also said by a shape and a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from html import escape
from typing import Literal

from authpatterns.draw.shapes import Box, Line, Picture, Shape, Text

Theme = Literal["auto", "light", "dark"]

SANS = (
    "system-ui, -apple-system, 'Segoe UI', 'Hiragino Sans', 'Noto Sans JP', 'Noto Sans CJK JP', 'Yu Gothic UI', Meiryo,"
    " sans-serif"
)
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK JP', monospace"

LIGHT = {
    "page": "#ffffff", "ink": "#1b2430", "soft": "#566273", "faint": "#c6cfda", "hair": "#dde3ea",
    "head": "#f1f5fa", "head-edge": "#7d93ad", "strip": "#eef2f7", "bar": "#dfe8f3", "bar-edge": "#7d93ad",
    "note": "#fff8dd", "note-edge": "#c9a93f", "alarm": "#fdecea", "alarm-edge": "#c4443a", "glow": "#e0daf8",
    "nay": "#e9ecf1", "nay-edge": "#566273",
    "request": "#1a5a9e", "answer": "#566273", "refused": "#b3261e", "failed": "#8a4a00", "on-colour": "#ffffff",
    "client": "#e6f0fb", "edge": "#efe9fa", "inside": "#e7f5ee", "outside": "#fdf0e2",
    "client-edge": "#1a5a9e", "edge-edge": "#6b4fa0", "inside-edge": "#1c6b48", "outside-edge": "#8a4a00",
}  # fmt: skip
DARK = {
    "page": "#14181e", "ink": "#e6eaf0", "soft": "#a3afbf", "faint": "#566376", "hair": "#3b4756",
    "head": "#1e2731", "head-edge": "#6f86a1", "strip": "#1f2730", "bar": "#2b3b4f", "bar-edge": "#6f86a1",
    "note": "#352f18", "note-edge": "#a08a3c", "alarm": "#3b1f1d", "alarm-edge": "#e0776e", "glow": "#3a3670",
    "nay": "#2b323c", "nay-edge": "#a3afbf",
    "request": "#85b8f2", "answer": "#a3afbf", "refused": "#ff9088", "failed": "#f2b35e", "on-colour": "#14181e",
    "client": "#1b2a3b", "edge": "#2a2340", "inside": "#18302a", "outside": "#38291a",
    "client-edge": "#85b8f2", "edge-edge": "#c0a9f0", "inside-edge": "#7fcfa6", "outside-edge": "#f2b35e",
}  # fmt: skip

_ZONES = ("client", "edge", "inside", "outside")
_VOICES = ("request", "answer", "refused", "failed")
_ARROW = 'fill="none" stroke-width="1.6"'

ROLES: dict[str, str] = {
    # surfaces, from the bottom up
    "page": 'fill="{page}"',
    "frame": 'fill="none" stroke="{hair}" stroke-width="1.2"',
    **{f"zone-{zone}": f'fill="{{{zone}}}" stroke="{{{zone}-edge}}" stroke-dasharray="7 5"' for zone in _ZONES},
    "stripe": 'fill="{strip}"',
    "grid": 'stroke="{hair}" stroke-width="1"',
    "glow": 'fill="{glow}"',
    "missing": 'fill="none" stroke="{faint}" stroke-width="1.2" stroke-dasharray="3 4"',
    "lane": 'stroke="{faint}" stroke-width="1.2" stroke-dasharray="2 5"',
    "lane-down": 'stroke="{failed}" stroke-width="1.2" stroke-dasharray="2 12"',
    "bar": 'fill="{bar}" stroke="{bar-edge}" stroke-width="1"',
    "span-answer": 'fill="{bar}" stroke="{bar-edge}"',
    "span-refused": 'fill="{alarm}" stroke="{refused}"',
    "span-failed": 'fill="{outside}" stroke="{failed}" stroke-dasharray="5 3"',
    "quiet": 'fill="{page}"',
    "act-line": 'stroke="{faint}" stroke-width="1.2"',
    "end-line": 'stroke="{failed}" stroke-width="1.4" stroke-dasharray="5 3"',
    "axis": 'stroke="{soft}" fill="none" stroke-width="1.2"',
    "plate": 'fill="{page}"',
    "glow-plate": 'fill="{glow}"',
    "strip": 'fill="{strip}"',
    "head": 'fill="{head}" stroke="{head-edge}" stroke-width="1.2"',
    "head-down": 'fill="{page}" stroke="{failed}" stroke-width="1.4" stroke-dasharray="5 3"',
    **{f"card-{zone}": f'fill="{{page}}" stroke="{{{zone}-edge}}" stroke-width="1.3"' for zone in _ZONES},
    "note": 'fill="{note}" stroke="{note-edge}" stroke-width="1"',
    "nay": 'fill="{nay}" stroke="{nay-edge}" stroke-width="1.2"',
    "alarm": 'fill="{alarm}" stroke="{alarm-edge}" stroke-width="1.4"',
    "worry": 'fill="{outside}" stroke="{failed}" stroke-width="1.2" stroke-dasharray="5 3"',
    "sign-plate": 'fill="{page}" stroke="{faint}"',
    "sign": 'stroke="{ink}" fill="none" stroke-width="2" stroke-linecap="round"',
    "rule": 'stroke="{hair}" stroke-width="1.2"',
    "cell": 'fill="{head}" stroke="{faint}"',
    "cell-origin": 'fill="{inside}" stroke="{inside-edge}"',
    "cell-open": 'fill="{outside}" stroke="{outside-edge}" stroke-dasharray="5 3"',
    # strokes
    "line-request": f'stroke="{{request}}" {_ARROW}',
    "line-answer": f'stroke="{{answer}}" {_ARROW} stroke-dasharray="6 4"',
    "line-refused": f'stroke="{{refused}}" {_ARROW} stroke-dasharray="6 4"',
    "line-failed": f'stroke="{{failed}}" {_ARROW} stroke-dasharray="2 4"',
    **{f"link-{n}": f'stroke="{{answer}}" fill="none" stroke-width="{0.6 + 0.8 * n:.1f}"' for n in (1, 2, 3, 4)},
    "icon": 'stroke="{soft}" fill="none" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round"',
    "cross": 'stroke="{failed}" fill="none" stroke-width="2.4" stroke-linecap="round"',
    "stop": 'stroke="{refused}" fill="none" stroke-width="2.2" stroke-linecap="round"',
    "barred": 'stroke="{ink}" fill="none" stroke-width="1.6" stroke-linecap="round"',
    "axis-cut": 'stroke="{soft}" fill="none" stroke-width="1.4"',
    "key": 'fill="{ink}" stroke="{ink}" stroke-width="1.6"',
    "key-copy": 'fill="{page}" stroke="{ink}" stroke-width="1.6"',
    "tick": 'stroke="{soft}" fill="none" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"',
    # tips and badges
    **{f"tip-{voice}": f'fill="{{{voice}}}"' for voice in _VOICES},
    "badge-request": 'fill="{request}" stroke="{request}" stroke-width="1.4"',
    "badge-answer": 'fill="{page}" stroke="{answer}" stroke-width="1.4"',
    "badge-refused": 'fill="{refused}" stroke="{refused}" stroke-width="1.4"',
    "badge-failed": 'fill="{failed}" stroke="{failed}" stroke-width="1.4"',
    **{f"zone-plate-{zone}": f'fill="{{{zone}}}"' for zone in _ZONES},
    "pill": 'fill="{page}" stroke="{faint}" stroke-width="0.8"',
    # words
    "title": 'fill="{ink}"',
    "name": 'fill="{ink}"',
    "kind": 'fill="{soft}"',
    "kind-down": 'fill="{failed}"',
    "label": 'fill="{ink}"',
    "label-answer": 'fill="{ink}"',
    "label-refused": 'fill="{refused}"',
    "label-failed": 'fill="{failed}"',
    **{f"label-curve-{voice}": f'fill="{{{voice}}}"' for voice in _VOICES},
    "label-small": 'fill="{ink}"',
    "label-refused-small": 'fill="{refused}"',
    "label-failed-small": 'fill="{failed}"',
    "label-name": 'fill="{ink}"',
    "number-cell": 'fill="{ink}"',
    "cell-text": 'fill="{ink}"',
    "tag": 'fill="{ink}"',
    "tick-text": 'fill="{soft}"',
    "detail": 'fill="{soft}"',
    "strip-text": 'fill="{ink}"',
    "banner": 'fill="{soft}"',
    "note-text": 'fill="{ink}"',
    "number": 'fill="{on-colour}"',
    "number-answer": 'fill="{ink}"',
    **{f"zone-text-{zone}": f'fill="{{{zone}-edge}}"' for zone in _ZONES},
    "foot": 'fill="{soft}"',
}
"""Every role from the bottom to the top, with its light picture as attributes; `{name}` is a colour of the palette."""


def faint(palette: Mapping[str, str], share: float) -> dict[str, str]:
    """The colours of what is faint: mixed with the page and still opaque, so that they go on hiding what they hid."""
    page = _parts(palette["page"])
    return {name: _mixed(_parts(colour), page, share) for name, colour in palette.items()}


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def _mixed(colour: tuple[int, ...], page: tuple[int, ...], share: float) -> str:
    mixed = (round(share * one + (1 - share) * other) for one, other in zip(colour, page, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


LIGHT_FAINT, DARK_FAINT = faint(LIGHT, 0.6), faint(DARK, 0.5)

_COLOUR = re.compile(r'(fill|stroke)="\{([a-z-]+)\}"')


def _styles(palette: Mapping[str, str]) -> dict[str, str]:
    return {role: _COLOUR.sub(lambda it: f'{it[1]}="{palette[it[2]]}"', style) for role, style in ROLES.items()}


_PLAIN = {False: _styles(LIGHT), True: _styles(LIGHT_FAINT)}
_NIGHT = {False: _styles(DARK), True: _styles(DARK_FAINT)}
"""The attributes of each role, for what is plain and for what is faint."""
_ORDER = {role: place for place, role in enumerate(ROLES)}

_Group = tuple[str, bool]
"""A role, and whether its shapes are faint."""


def write(picture: Picture, theme: Theme = "auto") -> str:
    """`picture` as an SVG document.

    Args:
        picture: What to write.
        theme: "auto" follows the reader's colour scheme; "light" and "dark" are fixed.
    """
    roles = _by_role(picture.shapes)
    styles = _NIGHT if theme == "dark" else _PLAIN
    groups = [_group(_name(group), shapes, styles[group[1]][group[0]]) for group, shapes in roles]
    name = "d" + sha256("".join([picture.title, picture.text, picture.lang, *groups]).encode()).hexdigest()[:8]
    wide, high = _number(picture.width), _number(picture.height)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" viewBox="0 0 {wide} {high}" width="{wide}"'
            f' height="{high}" role="img" aria-labelledby="{name}-t {name}-d" lang="{picture.lang}"'
            f' font-family="{escape(SANS)}">',
            f'<title id="{name}-t">{_safe(picture.title)}</title>',
            f'<desc id="{name}-d">{_safe(picture.text)}</desc>',
            *([_dark_sheet(name, [group for group, _ in roles])] if theme == "auto" else []),
            *groups,
            "</svg>\n",
        ]
    )


def _by_role(shapes: Iterable[Shape]) -> list[tuple[_Group, list[Shape]]]:
    found: dict[_Group, list[Shape]] = {}
    for shape in shapes:
        found.setdefault((shape.role, shape.dim), []).append(shape)
    return sorted(found.items(), key=lambda pair: (_ORDER[pair[0][0]], not pair[0][1]))


def _name(group: _Group) -> str:
    role, dim = group
    return f"{role}-faint" if dim else role


def _dark_sheet(name: str, groups: Iterable[_Group]) -> str:
    rules = []
    for group in groups:
        palette = DARK_FAINT if group[1] else DARK
        colours = ";".join(f"{what}:{palette[colour]}" for what, colour in _COLOUR.findall(ROLES[group[0]]))
        if colours:
            rules.append(f"#{name} .{_name(group)}{{{colours}}}")
    return f"<style>@media (prefers-color-scheme:dark){{{''.join(rules)}}}</style>"


def _group(name: str, shapes: list[Shape], style: str) -> str:
    first = shapes[0]
    face = ""
    if isinstance(first, Text):
        face = f' font-size="{_number(first.size)}" text-anchor="{first.anchor}"'
        face += ' font-weight="700"' if first.bold else ""
        face += f' font-family="{escape(MONO)}"' if first.mono else ""
    lines = [_written(shape, first) for shape in shapes]
    return f'<g class="{name}" {style}{face}>{"".join(lines)}</g>'


def _written(shape: Shape, first: Shape) -> str:
    if isinstance(shape, Text):
        assert isinstance(first, Text)
        own = f' text-anchor="{shape.anchor}"' if shape.anchor != first.anchor else ""
        own += f' font-size="{_number(shape.size)}"' if shape.size != first.size else ""
        return f'<text x="{_number(shape.x)}" y="{_number(shape.y)}"{own}>{_safe(shape.text)}</text>'
    if isinstance(shape, Line):
        return f'<path d="M{_number(shape.x1)} {_number(shape.y1)}L{_number(shape.x2)} {_number(shape.y2)}"/>'
    if isinstance(shape, Box):
        round_ = f' rx="{_number(shape.radius)}"' if shape.radius else ""
        place = f'x="{_number(shape.x)}" y="{_number(shape.y)}" width="{_number(shape.w)}" height="{_number(shape.h)}"'
        return f"<rect {place}{round_}/>"
    return f'<path d="M{_number(shape.x)} {_number(shape.y)}{shape.commands}"/>'


@lru_cache(maxsize=16_384)
def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _safe(text: str) -> str:
    """`text` for XML, which has no place for control characters."""
    if not text.replace("\n", "").isprintable():
        text = "".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in text)
    return escape(text, quote=False)
