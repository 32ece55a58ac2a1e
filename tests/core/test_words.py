"""Both languages say the same things."""

import re
import tomllib
from pathlib import Path

import pytest

from authpatterns import errors, words
from authpatterns.errors import Misuse, Refused

ROOT = Path(words.__file__).parents[1]
LESSONS = sorted((ROOT / "words" / "lessons").glob("*.toml"))
NAMES = re.compile(r"\{(\w+)")


@pytest.fixture(autouse=True)
def _leave_the_language_alone():
    yield
    words.use(None)


def test_both_catalogues_have_the_same_keys():
    assert sorted(words.catalogue("ja")) == sorted(words.catalogue("en"))


def test_each_sentence_of_a_lesson_stands_in_both_languages():
    assert words.of_lessons("en")
    assert sorted(words.of_lessons("ja")) == sorted(words.of_lessons("en"))


def test_no_sentence_has_two_homes():
    homes = [set(words.catalogue("en")), *(set(_keys(tomllib.loads(file.read_text("utf-8")))) for file in LESSONS)]
    keys = [key for home in homes for key in home]
    assert sorted(key for key in set(keys) if keys.count(key) > 1) == []


def test_a_lesson_says_nothing_but_ja_and_en():
    """A slip such as `jp = ...` would be a sentence that nobody ever reads."""
    sides = {side for file in LESSONS for side in _sides(tomllib.loads(file.read_text("utf-8")))}
    assert sides == {"ja", "en"}


@pytest.mark.parametrize("key", sorted({**words.catalogue("en"), **words.of_lessons("en")}))
def test_both_sentences_use_the_same_evidence(key):
    ja, en = ({**words.catalogue(lang), **words.of_lessons(lang)}[key] for lang in words.LANGUAGES)
    assert set(NAMES.findall(ja)) == set(NAMES.findall(en))


def _keys(table, prefix=""):
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _keys(value, f"{prefix}{name}.")
        else:
            yield prefix.removesuffix(".")


def _sides(table):
    for name, value in table.items():
        yield from _sides(value) if isinstance(value, dict) else [name]


def test_every_code_that_the_source_raises_has_a_sentence():
    raised = re.compile(r'\b(?:Misuse|Refused|TokenRefused|Unreachable|Timeout)\(\s*"([a-z][\w.-]+)"')
    codes = {code for file in ROOT.rglob("*.py") for code in raised.findall(file.read_text("utf-8"))}
    assert codes
    assert sorted(code for code in codes if f"error.{code}" not in words.catalogue("en")) == []


def test_no_code_is_both_a_note_and_a_refusal():
    """Or the one who refuses would be given the words, and the look, of somebody who was only asked."""
    codes = {
        family: {key.partition(".")[2] for key in words.catalogue("en") if key.startswith(f"{family}.")}
        for family in ("note", "error")
    }
    assert codes["note"]
    assert codes["note"] & codes["error"] == set()


def test_a_strangers_text_is_shown_as_it_is_but_for_signs_that_do_not_print():
    for lang in words.LANGUAGES:
        said = words.say("error.token.key-unknown", lang, kid="鍵-1\x1b[2J\n", keys=1)
        assert "鍵-1\\x1b[2J\\n" in said
        assert "'" not in said


def test_every_note_that_the_source_writes_has_a_sentence():
    noted = re.compile(r'\.note\(\s*"([a-z][\w.-]+)"')
    codes = {code for file in ROOT.rglob("*.py") for code in noted.findall(file.read_text("utf-8"))}
    assert codes
    sentences = words.catalogue("en")
    assert sorted(code for code in codes if not {f"note.{code}", f"error.{code}"} & sentences.keys()) == []


def test_the_folder_decides_unless_somebody_says_otherwise(tmp_path, monkeypatch):
    (tmp_path / "ja").mkdir()
    monkeypatch.chdir(tmp_path)
    assert words.language() == "en"
    monkeypatch.chdir(tmp_path / "ja")
    assert words.language() == "ja"
    words.use("en")
    assert words.language() == "en"


def test_a_language_without_a_catalogue_is_refused():
    with pytest.raises(ValueError, match="ja, en"):
        words.use("fr")


def test_a_key_without_a_sentence_shows_itself_with_its_evidence():
    assert words.say("error.new", x=1) == "error.new x=1"
    assert not words.knows("error.new")
    assert words.knows("error.authz.denied")


def test_a_sentence_with_missing_evidence_still_reads():
    assert "{name}" in str(Misuse("network.name-taken")).replace("'", "")


def test_errors_speak_the_language_in_use_and_keep_code_and_evidence():
    error = Refused("sign-in.failed", status=401)
    words.use("ja")
    assert str(error) == "ユーザー名またはパスワードが違う。"
    assert (error.code, error.evidence, error.status) == ("sign-in.failed", {}, 401)
    assert issubclass(errors.TokenRefused, Refused)


@pytest.mark.parametrize(("count", "said"), [(0, "0 findings"), (1, "1 finding"), (2, "2 findings")])
def test_a_count_chooses_its_word(count, said):
    assert words.say("course.found", "en", count=count) == said


def test_a_yes_and_a_no_choose_too():
    client = {"client": "shop-page", "subject": "alice"}
    page, site = (words.say("note.idp.code-redeemed", "en", page=page, **client) for page in (True, False))
    assert page == "The page in the browser, client shop-page, gets tokens for alice."
    assert site == "shop-page gets tokens for alice."


def test_a_place_without_a_choice_is_formatted_as_ever():
    assert "1.50" in words._Choosing().vformat("{x:.2f}", (), {"x": 1.5})


def test_no_plural_stands_in_brackets():
    """`client(s)` leaves to the reader what a choice says."""
    said = {**words.catalogue("en"), **words.of_lessons("en")}
    assert [key for key, sentence in said.items() if re.search(r"\w\(s\)", sentence)] == []


JAPANESE = "[ぁ-んァ-ヶー一-龠々]"
PHRASES = {"begin", "end", "said", "span", "waited", "window"}
"""Values that are a phrase in the reader's language, and so are set like any other word."""
VALUE = r"\{(\w+)(?:![rs])?(?::[^}|]*)?\}"


def test_japanese_sets_values_off_by_a_space_and_nothing_by_half_a_bracket():
    wrong = []
    for key, sentence in words.catalogue("ja").items():
        said = re.sub(r"`[^`]*`", "`", sentence)
        close = [*re.findall(f"{JAPANESE}{VALUE}", said), *re.findall(rf"{VALUE}{JAPANESE}", said)]
        if set(close) - PHRASES or re.search(rf"(?:{JAPANESE}|[}}。、）」]| )\(", said):
            wrong.append(key)
    assert wrong == []
