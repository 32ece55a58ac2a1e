"""Public names and where a real browser finds them.

No browser knows `https://shop.example`. Each public origin gets a port of its own and a name below `.localhost`, which
always means this machine (RFC 6761 section 6.3): `https://orders.shop.example` is found at
`http://orders.shop.localhost:8003`. Browsers keep cookies by host name and not by port, so the names matter: what was
one site stays one site, what were two stay two. Browsers treat such addresses as trustworthy (W3C Secure Contexts
section 3.1), so cookies with `Secure` and the prefix `__Host-` work without TLS.

What changes on the way is what a TLS-terminating proxy changes, and nothing else: the names in `Host`, `Origin`,
`Referer`, `Location`, CORS and CSP headers, and in the links and forms of a page. A parameter such as `redirect_uri`
keeps the public name, which is what client and identity provider have agreed on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from authpatterns.messages import Headers, Request, Response, Url

_LINK = re.compile(r'(\b(?:action|href|src)=")(https?://[^/"?#]+)')


@dataclass(frozen=True)
class Origins:
    """Public origins and the loopback origins that stand for them.

    Attributes:
        local: The loopback origin by public origin.
    """

    local: Mapping[str, str]

    def inward(self, request: Request, public: str) -> Request:
        """What came in at the door of `public`, as it would have come over TLS."""
        known = {local: name for name, local in self.local.items()}
        lines = [(name, _inward(name, value, known)) for name, value in request.headers if name != "host"]
        headers = Headers.of([("host", Url.parse(public).host), *lines])
        return Request(request.method, request.target, headers, request.body)

    def outward(self, response: Response) -> Response:
        """The answer, with addresses that the browser can find."""
        headers = Headers(tuple((name, self._header(name, value)) for name, value in response.headers))
        body = response.body
        if headers.get("content-type").startswith("text/html"):
            body = _LINK.sub(lambda found: found[1] + self.local.get(found[2], found[2]), body)
        return Response(response.status, body, headers)

    def address(self, public: str) -> str:
        """An absolute public address as a browser finds it here; anybody else's address stays."""
        return self._header("location", public)

    def _header(self, name: str, value: str) -> str:
        match name:
            case "location":
                origin = re.match(r"https?://[^/?#]+", value)
                return value if origin is None else self.local.get(origin[0], origin[0]) + value[origin.end() :]
            case "access-control-allow-origin":
                return self.local.get(value, value)
            case "content-security-policy":
                return " ".join(self.local.get(word, word) for word in value.split(" "))
        return value


def local_origin(public: str, port: int) -> str:
    """Where a public origin is found on this machine.

    Examples:
        >>> local_origin("https://orders.shop.example", 8003)
        'http://orders.shop.localhost:8003'
    """
    host = Url.parse(public).host.partition(":")[0]
    return f"http://{host.removesuffix('.example').removesuffix('.localhost')}.localhost:{port}"


def _inward(name: str, value: str, known: Mapping[str, str]) -> str:
    if name == "origin":
        return known.get(value, value)
    if name == "referer":
        origin = Url.parse(value).origin
        return known.get(origin, origin) + value[len(origin) :]
    return value
