"""What flowed as an HTTP Archive (HAR 1.2), which the network panel of a browser's developer tools opens.

Credentials appear by fingerprint unless asked for. Members that begin with an underscore are ours, as HAR allows: who
sent the request, the hop it belongs to, and what became of it. `_initiator` and `_resourceType` are those of Chromium:
its network panel shows the sender by them. Every node is shown as a host of its own name.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from authpatterns.draw import labels
from authpatterns.messages import Headers, Request, Response
from authpatterns.network import EPOCH
from authpatterns.secrecy import redact
from authpatterns.trace import Hop, Trace

_HTTP = "HTTP/1.1"


def har(trace: Trace, lang: str | None = None, *, secrets: bool = False) -> str:
    """The trace as HAR text, the same bytes on every machine.

    Args:
        trace: What flowed.
        lang: For the titles of pages, which are the things people did.
        secrets: Write credentials out in full. Then keep the file to yourself.
    """
    log = {
        "version": "1.2",
        "creator": {"name": "authpatterns", "version": "0.1.0", "comment": f"seed {trace.seed}"},
        "pages": _pages(trace, lang or "en"),
        "entries": [_entry(hop, secrets) for hop in trace.hops],
    }
    return json.dumps({"log": log}, ensure_ascii=False, indent=1) + "\n"


def _pages(trace: Trace, lang: str) -> list[dict[str, Any]]:
    began: dict[int, float] = {}
    for hop in trace.hops:
        if hop.act is not None:
            began.setdefault(hop.act, hop.sent)
    return [
        {
            "startedDateTime": _moment(began[act.id]),
            "id": f"act-{act.id}",
            "title": labels.act_text(act, lang),
            "pageTimings": {"onContentLoad": -1, "onLoad": -1},
        }
        for act in trace.acts
        if act.id in began
    ]


def _entry(hop: Hop, secrets: bool) -> dict[str, Any]:
    request = hop.request if secrets else redact(hop.request)
    took = _milliseconds((hop.answered if hop.answered is not None else hop.sent) - hop.sent)
    entry: dict[str, Any] = {"pageref": f"act-{hop.act}"} if hop.act is not None else {}
    return entry | {
        "startedDateTime": _moment(hop.sent),
        "time": took,
        "request": _request(request, hop.target),
        "response": _response(hop, secrets),
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
        "_hop": hop.id,
        "_parent": hop.parent,
        "_source": hop.source,
        "_fate": hop.fate,
        "_initiator": {"type": "script", "url": f"https://{hop.source}/"},
        "_resourceType": "fetch",
    }


def _request(request: Request, host: str) -> dict[str, Any]:
    query = request.target.partition("?")[2]
    written = {
        "method": request.method,
        "url": f"https://{host}{request.target}".replace("#", "%23"),  # of a fingerprint; no fragment is ever sent
        "httpVersion": _HTTP,
        "cookies": [_pair(*part.partition("=")[::2]) for part in _cookie_parts(request.headers)],
        "headers": _headers(request.headers),
        "queryString": [_pair(name, value) for name, value in parse_qsl(query, keep_blank_values=True)],
        "headersSize": -1,
        "bodySize": len(request.body.encode()),
    }
    if request.body:
        written["postData"] = {"mimeType": request.headers.get("content-type", "text/plain"), "text": request.body}
    return written


def _response(hop: Hop, secrets: bool) -> dict[str, Any]:
    """The answer; status 0 where there was none, as browsers write it."""
    if hop.response is None or hop.fate != "answered":
        return _answer(Response(0), hop.fate)
    response = hop.response if secrets else redact(hop.response)
    return _answer(response, labels.reason(response))


def _answer(response: Response, reason: str) -> dict[str, Any]:
    size = len(response.body.encode())
    return {
        "status": response.status,
        "statusText": reason,
        "httpVersion": _HTTP,
        "cookies": [_pair(*line.partition(";")[0].partition("=")[::2]) for line in response.headers.all("set-cookie")],
        "headers": _headers(response.headers),
        "content": {
            "size": size,
            "mimeType": response.headers.get("content-type", "text/plain"),
            "text": response.body,
        },
        "redirectURL": response.headers.get("location"),
        "headersSize": -1,
        "bodySize": size,
    }


def _headers(headers: Headers) -> list[dict[str, str]]:
    return [_pair(name, value) for name, value in headers]


def _cookie_parts(headers: Headers) -> list[str]:
    return [part for line in headers.all("cookie") for part in line.split("; ")]


def _pair(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


def _moment(seconds: float) -> str:
    """Virtual time as a date and time of day, to the millisecond."""
    moment = datetime.fromtimestamp(EPOCH, UTC) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(seconds: float) -> float:
    return round(1000 * seconds, 3)
