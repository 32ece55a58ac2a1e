"""Every scene there can be, for hypothesis to draw from."""

from hypothesis import strategies as st

from authpatterns import catalogue, stories, words
from authpatterns.notebook.explorer.scene import (
    KINDS,
    LARGEST_SEED,
    LONGEST,
    MOST_FAULTS,
    VIEWS,
    Fault,
    Scene,
    kinds_of,
)

times = st.integers(0, 1000 * LONGEST).map(lambda milliseconds: milliseconds / 1000)
delays = st.integers(0, 3_600_000).map(lambda milliseconds: milliseconds / 1000)
shares = st.integers(0, 10_000).map(lambda hundredths: hundredths / 10_000)


@st.composite
def settings_of(draw, pattern):
    """Some of the pattern's settings."""
    kinds = kinds_of(pattern)
    chosen = draw(st.lists(st.sampled_from(sorted(kinds)), unique=True)) if kinds else []
    return tuple((name, draw(_value(kinds[name]))) for name in chosen)


def _value(kind):
    if isinstance(kind, tuple):
        return st.sampled_from(kind)
    return {bool: st.booleans(), int: st.integers(0, LONGEST), float: times}[kind]


@st.composite
def faults_in(draw, plain):
    """Up to three faults of parts that are there."""
    kinds = draw(st.lists(st.sampled_from(KINDS), max_size=MOST_FAULTS))
    amounts = {"outage": st.just(0), "slow": delays, "loss": shares}
    return tuple(Fault(kind, draw(st.sampled_from(plain.parts)), draw(times), draw(amounts[kind])) for kind in kinds)


@st.composite
def scenes(draw, compared=True):
    """A scene, compared with another or not."""
    authn, authz = (
        draw(st.sampled_from(sorted(catalogue.AUTHENTICATION))),
        draw(st.sampled_from(sorted(catalogue.AUTHORIZATION))),
    )
    plain = Scene(authn, authz, draw(settings_of(authn)), draw(settings_of(authz)))
    return plain.changed(
        story=draw(st.sampled_from(sorted(stories.STORIES))),
        seed=draw(st.integers(0, LARGEST_SEED)),
        wait=draw(times),
        faults=draw(faults_in(plain)),
        attack=draw(st.none() | st.sampled_from(plain.attacks)),
        view=draw(st.sampled_from(VIEWS)),
        step=draw(st.integers(0, LARGEST_SEED)),
        lang=draw(st.sampled_from(("", *words.LANGUAGES))),
        large=draw(st.booleans()),
        against=draw(st.none() | scenes(compared=False)) if compared else None,
    )
