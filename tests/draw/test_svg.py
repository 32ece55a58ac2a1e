"""The files themselves: legible in light and dark, without styles, for everybody, and the same bytes everywhere."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from worlds import World, repeated

from authpatterns import draw
from authpatterns.draw import gallery, svg
from authpatterns.draw.shapes import Box, Line, Path, Text
from authpatterns.trace import Trace

SVG = "{http://www.w3.org/2000/svg}"

SURFACES = {
    "title": ["page"], "name": ["head", "page"], "kind": ["head", "page"], "kind-down": ["page"],
    "label": ["page", "glow"], "label-answer": ["page", "glow"], "label-refused": ["page", "glow"],
    "label-failed": ["page", "glow"], "detail": ["page", "glow"], "strip-text": ["strip", "glow"],
    "banner": ["page", "glow"],
    "note-text": ["note", "nay", "alarm", "outside"],
    "foot": ["page"], "label-small": ["page"], "label-refused-small": ["page"], "label-failed-small": ["page"],
    "label-name": ["page"], "number-cell": ["head", "inside", "outside"], "cell-text": ["head", "inside", "outside"],
    "tag": ["page"], "tick-text": ["page"], "number": ["request", "refused", "failed"], "number-answer": ["page"],
    **{f"zone-text-{zone}": [zone] for zone in ("client", "edge", "inside", "outside")},
}  # fmt: skip
"""On what each kind of text may stand."""


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [svg.LIGHT, svg.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", SURFACES)
def test_text_has_a_contrast_of_four_and_a_half(role: str, palette: dict[str, str]) -> None:
    ink = re.search(r"\{([a-z-]+)\}", svg.ROLES[role])
    assert ink is not None
    for surface in SURFACES[role]:
        assert _contrast(palette[ink[1]], palette[surface]) >= 4.5, surface


@pytest.mark.parametrize("palette", [svg.LIGHT, svg.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("voice", ["request", "answer", "refused", "failed"])
def test_arrows_have_a_contrast_of_three(voice: str, palette: dict[str, str]) -> None:
    assert _contrast(palette[voice], palette["page"]) >= 3


@pytest.mark.parametrize(("full", "faint"), [(svg.LIGHT, svg.LIGHT_FAINT), (svg.DARK, svg.DARK_FAINT)])
def test_what_is_faint_can_still_be_read(full: dict[str, str], faint: dict[str, str]) -> None:
    assert faint["page"] == full["page"]
    for surface in ("page", "note", "strip"):
        assert 3 <= _contrast(faint["ink"], faint[surface]) < 0.5 * _contrast(full["ink"], full[surface])
    for badge in ("request", "refused", "failed"):
        assert _contrast(faint["on-colour"], faint[badge]) >= 2.5


def test_what_is_faint_has_colours_of_its_own_and_lets_nothing_through() -> None:
    text = draw.sequence(repeated(1), upto=3).svg
    assert "opacity" not in text
    assert f'<g class="label" fill="{svg.LIGHT["ink"]}"' in text
    assert f'<g class="label-faint" fill="{svg.LIGHT_FAINT["ink"]}"' in text
    assert f".label-faint{{fill:{svg.DARK_FAINT['ink']}}}" in text


def test_every_text_role_is_measured() -> None:
    used = {shape.role for plate in gallery.plates_of_gallery() for shape in plate.drawing("en").picture or ()
            if not isinstance(shape, Box | Line | Path)}  # fmt: skip
    assert used <= set(SURFACES)


def test_the_two_palettes_name_the_same_colours() -> None:
    assert svg.LIGHT.keys() == svg.DARK.keys()


def _sanitised(text: str) -> str:
    """As GitHub does it: no styles, no scripts, no classes."""
    text = re.sub(r"<style.*?</style>|<script.*?</script>", "", text, flags=re.DOTALL)
    return re.sub(r' (class|style)="[^"]*"', "", text)


DRAWINGS: dict[str, Callable[[Trace], draw.Drawing]] = {
    "sequence": draw.sequence,
    "topology": draw.topology,
    "timeline": draw.timeline,
    "credentials": draw.credentials,
    "compare": lambda trace: draw.compare(trace, repeated(3)),
}


@pytest.mark.parametrize("kind", DRAWINGS)
def test_without_styles_the_light_picture_is_still_whole(kind: str) -> None:
    drawn = DRAWINGS[kind](World().everything())
    root = ET.fromstring(_sanitised(drawn.svg))
    groups = root.findall(f"{SVG}g")
    assert len(groups) > 10
    assert groups[0].get("fill") == svg.LIGHT["page"]
    for group in groups:
        assert group.get("fill") or group.get("stroke")
        if group.find(f"{SVG}text") is not None and group.get("fill") != svg.LIGHT["on-colour"]:
            assert _contrast(svg.LIGHT["page"], str(group.get("fill"))) >= 4.5
    shown = [text.text for text in root.iter(f"{SVG}text")]
    assert sorted(shown) == sorted(shape.text for shape in drawn.picture or () if isinstance(shape, Text))


def test_dark_is_the_same_file_with_overrides_alone() -> None:
    text = draw.sequence(repeated(1)).svg
    sheet = re.search(r"<style>(.*?)</style>", text)
    assert sheet is not None
    assert sheet[1].startswith("@media (prefers-color-scheme:dark){")
    roles = set(re.findall(r'<g class="([a-z0-9-]+)"', text))
    assert set(re.findall(r"\.([a-z0-9-]+)\{", sheet[1])) == roles - {
        role for role in roles if "{" not in svg.ROLES[role]
    }


def test_a_fixed_theme_needs_no_style_sheet() -> None:
    dark = draw.sequence(repeated(1), theme="dark").svg
    assert "<style" not in dark
    assert svg.DARK["page"] in dark
    assert svg.LIGHT["page"] not in dark


def test_a_picture_has_a_role_a_title_and_a_description() -> None:
    root = ET.fromstring(draw.sequence(repeated(1), title="One order").svg)
    assert root.get("role") == "img"
    names = str(root.get("aria-labelledby")).split()
    found = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    assert found[names[0]] == "One order"
    assert "alice → gateway: GET /orders/1" in str(found[names[1]])


def test_a_cell_shows_an_image_with_an_accessible_name_and_a_transcript() -> None:
    shown = World().everything()._repr_mimebundle_()
    assert set(shown) == {"text/html", "text/plain"}
    assert shown["text/html"].startswith('<img alt="Sequence diagram')
    data = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', shown["text/html"])
    assert data is not None
    assert base64.b64decode(data[1]).decode().startswith("<svg ")
    assert shown["text/plain"] == draw.transcript(World().everything(), limit=120)


def test_the_core_draws_nothing_until_a_notebook_asks() -> None:
    code = "import sys, authpatterns; print([name for name in sys.modules if name.startswith('authpatterns.draw')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_gallery_is_the_same_bytes_whatever_the_hash_seed() -> None:
    code = (
        "from hashlib import sha256; from authpatterns.draw import gallery;"
        "print(sha256(''.join(name + text for name, text in gallery.files()).encode()).hexdigest())"
    )
    seen = set()
    for seed in ("0", "1", "4711"):
        env = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
        seen.add(done.stdout)
    assert len(seen) == 1


def test_a_notebook_exported_to_html_shows_the_picture() -> None:
    nbformat = pytest.importorskip("nbformat")
    exporter = pytest.importorskip("nbconvert").HTMLExporter
    shown = repeated(1)._repr_mimebundle_()
    cell = nbformat.v4.new_code_cell("shop.trace", id="one")
    cell.outputs = [nbformat.v4.new_output("execute_result", data=shown, execution_count=1)]
    page, _ = exporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert 'alt="Sequence diagram: alice' in page
    assert "data:image/svg+xml;base64," in page
