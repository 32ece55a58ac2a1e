"""Every command can be opened and explains itself, in both languages."""

import pytest

from authpatterns import words
from authpatterns.__main__ import COMMANDS, main


@pytest.mark.parametrize("name", COMMANDS)
def test_it_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0
    assert f"authpatterns {name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_it_has_a_line_in_both_languages(name, lang):
    assert f"commands.{name}" in words.catalogue(lang)
