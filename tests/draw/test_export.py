"""Mermaid, PlantUML, HAR and JSON say what the diagram says."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest
from worlds import HOSTILE, World

from authpatterns import Misuse, draw
from authpatterns.draw import scenes
from authpatterns.draw.mermaid import escaped
from authpatterns.draw.story import tell
from authpatterns.trace import Party, Trace


@pytest.fixture(scope="module")
def trace() -> Trace:
    return World().everything()


def test_mermaid_has_an_arrow_for_every_message(trace: Trace) -> None:
    lines = draw.mermaid(trace).splitlines()
    arrows = [line for line in lines if re.match(r" +p\d(->>|-->>|--x)p\d: ", line)]
    assert len(arrows) == len(tell(trace).arrows)


def test_mermaid_takes_no_text_for_markup() -> None:
    assert escaped('a=1; b="#2" <x>\n%%') == "a=1#59; b=#quot;#35;2#quot; #lt;x#gt; #37;#37;"
    trace = Trace()
    trace.parties["a;b"] = Party("a;b", "service", "inside")
    trace.send(0, "a;b", "a;b", HOSTILE, None, None)
    for line in draw.mermaid(trace).splitlines():
        assert not re.sub(r"#\w+;|<br/>", "", line).strip().count(";")


def test_plantuml_has_an_arrow_for_every_message_and_closes_its_groups(trace: Trace) -> None:
    lines = draw.plantuml(trace).splitlines()
    assert sum(bool(re.match(r"p\d (->|-->|--x) p\d: ", line)) for line in lines) == len(tell(trace).arrows)
    assert sum(line.startswith("group ") for line in lines) == lines.count("end")
    assert (lines[0], lines[-1]) == ("@startuml", "@enduml")


def test_plantuml_takes_no_text_for_markup() -> None:
    trace = Trace()
    trace.parties["x"] = Party("x", "service", "inside")
    trace.send(0, "x", "x", HOSTILE, None, None)
    assert '/a~"' not in draw.plantuml(trace)
    assert '"b~<c>' in draw.plantuml(trace)


def test_har_has_an_entry_for_every_request_with_every_member_har_asks_for(trace: Trace) -> None:
    log = json.loads(draw.har(trace))["log"]
    assert log["version"] == "1.2"
    assert len(log["entries"]) == len(trace)
    pages = {page["id"] for page in log["pages"]}
    for entry in log["entries"]:
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
        asked = "method url httpVersion cookies headers queryString headersSize bodySize"
        assert set(asked.split()) <= set(entry["request"])
        both = "status statusText httpVersion cookies headers content redirectURL headersSize bodySize"
        assert set(both.split()) <= set(entry["response"])
        assert {"size", "mimeType"} <= set(entry["response"]["content"])
        assert {"send", "wait", "receive"} <= set(entry["timings"])
        assert entry["time"] == sum(entry["timings"].values())
        assert entry.get("pageref") is None or entry["pageref"] in pages
        assert datetime.fromisoformat(entry["startedDateTime"]).tzinfo is not None


def test_har_shows_no_answer_as_status_0(trace: Trace) -> None:
    entries = json.loads(draw.har(trace))["log"]["entries"]
    lost = [entry for entry in entries if entry["_fate"] in ("timeout", "unreachable")]
    assert [entry["response"]["status"] for entry in lost] == [0, 0, 0]


def test_har_gives_secrets_away_only_when_asked(trace: Trace) -> None:
    assert "opaque-1" not in draw.har(trace)
    assert "opaque-1" in draw.har(trace, secrets=True)


def test_no_har_address_has_a_fragment() -> None:
    """A fingerprint has a "#" in it, and whoever opens the file would take the rest of the address for a fragment."""
    shown = scenes.visited("sso", "distributed").trace
    urls = [entry["request"]["url"] for entry in json.loads(draw.har(shown))["log"]["entries"]]
    assert any("code=opaque%23" in url for url in urls)
    assert not any("#" in url for url in urls)


def test_har_cookies_are_taken_apart(trace: Trace) -> None:
    entries = json.loads(draw.har(trace, secrets=True))["log"]["entries"]
    sent = next(entry["request"]["cookies"] for entry in entries if entry["request"]["cookies"])
    given = next(entry["response"]["cookies"] for entry in entries if entry["response"]["cookies"])
    assert sent == given == [{"name": "__Host-session", "value": "opaque-1"}]


@pytest.mark.parametrize("form", list(draw.FORMATS))
def test_every_form_ends_with_a_line_break_and_is_never_empty(form: str, trace: Trace) -> None:
    text = draw.export(trace, form)
    assert len(text) > 500
    assert text.endswith("\n")


def test_an_unknown_form_is_named_with_those_there_are(trace: Trace) -> None:
    with pytest.raises(Misuse, match=r"'gif'.*text, mermaid"):
        draw.export(trace, "gif")
