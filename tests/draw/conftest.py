"""Every test speaks English unless it says otherwise, whatever folder it is started from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from authpatterns import words


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    words.use("en")
    yield
    words.use(None)
