"""The bookshop's whole policy as data, in three languages: `shop.json` (rule table), `shop.rego`, `shop.cedar`."""

from __future__ import annotations

from importlib import resources


def read(name: str) -> str:
    """The text of a policy file, for instance `shop.rego`."""
    return resources.files(__package__).joinpath(name).read_text("utf-8")
