import pytest

from authpatterns import words

collect_ignore = ["conftest.py"]  # holds no doctest, and each folder may have one


@pytest.fixture(params=words.LANGUAGES)
def lang(request):
    words.use(request.param)
    yield request.param
    words.use(None)


@pytest.fixture
def english():
    words.use("en")
    yield
    words.use(None)
