"""The front page: what the browser just did as a sequence diagram, the topology, and where everything is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING

from authpatterns import words
from authpatterns.adapters.front.page import static
from authpatterns.deployment import Deployment
from authpatterns.draw import Drawing, sequence, topology
from authpatterns.messages import Headers, Request, Response, Url

if TYPE_CHECKING:
    from authpatterns.adapters.http_network import HttpNetwork

FILES = {"console.js": "text/javascript", "style.css": "text/css"}
MOST_ACTS = 20

SENTENCES = (
    *("flow", "shown", "last", "several", "transcript", "topology", "addresses", "mapping", "public", "local", "nodes"),
    *("people", "account", "password", "tenant", "roles", "demo"),
)

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Address:
    """One line of the table of addresses.

    Attributes:
        public: A public origin, or "" for a node that only other nodes speak to.
        local: Where it is found on this machine.
        nodes: Who answers there.
    """

    public: str
    local: str
    nodes: tuple[str, ...]


class Console:
    """Answers at the front page's own address.

    Args:
        network: What flowed stands in its trace.
        deployment: The shop.
        url: The front page's own address.
        host: What is listened on.
        addresses: See `Address`.
        lang: "ja" or "en", unless the address says otherwise.
    """

    def __init__(
        self,
        network: HttpNetwork,
        deployment: Deployment,
        url: str,
        host: str,
        addresses: Sequence[Address],
        lang: str,
    ) -> None:
        self.network, self.deployment, self.addresses = network, deployment, addresses
        self.url, self.host, self.lang = url, host, lang

    async def answer(self, request: Request) -> Response:
        """The page, its files, the pictures, the trace."""
        port = self.url.rpartition(":")[2]
        if request.headers.get("host") not in (Url.parse(self.url).host, f"localhost:{port}", f"127.0.0.1:{port}"):
            return Response.of({"error": "misdirected_request", "here": self.url}, 421)
        if request.method != "GET":
            return Response.of({"error": "method_not_allowed"}, 405)
        lang = request.query.get("lang", self.lang)
        lang = lang if lang in words.LANGUAGES else self.lang
        match request.path:
            case "/":
                return self._page(lang)
            case "/live":
                return self._live(request.query, lang)
            case "/trace.json":
                return Response(200, self.network.trace.to_json(), Headers.of({"content-type": "application/json"}))
        return static(request.path[1:], FILES)

    # --- what changes

    def _live(self, query: Mapping[str, str], lang: str) -> Response:
        """The pictures, or 204 where nothing has flowed since."""
        trace = self.network.trace
        wanted = query.get("acts", "1")
        acts = min(int(wanted), MOST_ACTS) if wanted.isascii() and wanted.isdigit() else 1
        version = f"{len(trace.acts)}.{trace.hops[-1].id if trace.events and trace.hops else 0}.{len(trace.events)}"
        if query.get("seen") == version:
            return Response(204)
        drawn = sequence(trace.last(max(acts, 1)), lang)
        return Response.of(
            {"version": version, "sequence": _shown(drawn), "topology": _shown(topology(self.network, lang))}
        )

    # --- what does not

    def _page(self, lang: str) -> Response:
        def say(key: str) -> str:
            return words.say(f"page.console.{key}", lang)

        text = Template(resources.files(__package__).joinpath("static", "console.html").read_text("utf-8"))
        body = text.substitute(
            {name: escape(say(name)) for name in SENTENCES},
            lang=lang,
            title=escape(say("title")),
            patterns=f"{self.deployment.authn.name} + {self.deployment.authz.name}",
            bound=escape(bound(self.host, lang)),
            doors=self._doors(say("open")),
            rows="".join(self._rows(say("inside"))),
            accounts="".join(self._accounts()),
        )
        headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": _POLICY}
        return Response(200, body, Headers.of(headers | {"x-content-type-options": "nosniff"}))

    def _doors(self, verb: str) -> str:
        """Links to the shop's own origins."""
        own = {self.deployment.authn.origin(service) for service in self.deployment.services}
        return "".join(
            f'<a class="button main" target="shop" href="{escape(one.local)}/">{escape(verb)} {escape(one.public)}</a>'
            for one in self.addresses
            if one.public in own
        )

    def _rows(self, inside: str) -> list[str]:
        return [
            f"<tr><td>{f'<code>{escape(one.public)}</code>' if one.public else escape(inside)}</td>"
            f"<td><code>{escape(one.local)}</code></td><td>{escape(', '.join(one.nodes))}</td></tr>"
            for one in self.addresses
        ]

    def _accounts(self) -> list[str]:
        return [
            f"<tr><td>{escape(one.name)}</td><td><code>{escape(one.password)}</code></td>"
            f"<td>{escape(one.tenant)}</td><td>{escape(', '.join(one.roles))}</td></tr>"
            for one in self.deployment.people.values()
        ]


def bound(host: str, lang: str | None = None) -> str:
    """Who can reach what listens on `host`, in one sentence."""
    loopback = host.startswith("127.") or host in ("localhost", "::1")
    return words.say("page.console.loopback" if loopback else "page.console.exposed", lang, host=host)


def _shown(drawn: Drawing) -> dict[str, str]:
    return {"svg": drawn.svg, "text": drawn.alt}
