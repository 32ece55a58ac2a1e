"""The shop's page for a real browser: the program that `FrontEnd` is in the model, written in JavaScript.

The page does what the pattern's front end does: the same requests, the same storage, the same checks. Which of the
four programs it runs is read off the front end that the pattern brings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from string import Template
from typing import Any

from authpatterns import words
from authpatterns.adapters.front.origins import Origins
from authpatterns.authn.code_page import CodePage
from authpatterns.authn.delivery import CookiePage, StoragePage
from authpatterns.authn.sso import SitePages
from authpatterns.browser import FrontEnd
from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse
from authpatterns.messages import Headers, Request, Response

PREFIX = "/.page/"
"""Below this path stand the page's own files; no microservice has it."""

FILES = {"shop.js": "text/javascript", "style.css": "text/css"}

READS = (
    "/orders/1",
    "/orders/2",
    "/orders/1/tracking",
    "/orders/1/cost",
    "/payments/1",
    "/shipments/1",
)
"""What the page offers to read: the person's own, somebody else's, and what takes more rights."""


class Page:
    """The page of one deployment.

    Args:
        deployment: Whose shop it is.
        origins: Where everything is found.
        console: Where what flowed is shown.
        lang: "ja" or "en".

    Raises:
        Misuse: no program is written for the pattern's front end.
    """

    def __init__(self, deployment: Deployment, origins: Origins, console: str, lang: str) -> None:
        self._front = program(deployment.authn.front_end(), deployment.authn.name)
        self._deployment, self._origins, self._console, self._lang = deployment, origins, console, lang

    def at(self, public: str, served: Response | None = None) -> Response:
        """The page at a public origin; `served` is the bare page that a node has served in its place."""
        config = json.dumps(self._config(public), ensure_ascii=False).replace("<", "\\u003c")
        body = _template("shop.html").substitute(lang=self._lang, title=self._say("title"), config=config)
        headers = self._headers() if served is None else Headers((*served.headers, *self._headers().lines[1:]))
        return Response(200, body, headers)

    def is_served_by_node(self, request: Request, answer: Response) -> bool:
        """Whether a node has served the page itself, bare: its program is put in here."""
        html = answer.headers.get("content-type").startswith("text/html")
        return self._front["kind"] == "code" and request.method == "GET" and answer.status == 200 and html

    def file(self, path: str) -> Response:
        """One of the page's own files."""
        return static(path.removeprefix(PREFIX), FILES)

    def _config(self, public: str) -> dict[str, Any]:
        services = {service.prefix: self._deployment.authn.origin(service) for service in self._deployment.services}
        return {
            **self._front,
            "authn": self._deployment.authn.name,
            "authz": self._deployment.authz.name,
            "renewable": self._deployment.authn.renewable,
            "origin": public,
            "local": dict(self._origins.local),
            "services": services,
            "reads": [path for path in READS if any(path.startswith(prefix + "/") for prefix in services)],
            "people": {
                name: {"password": account.password, "tenant": account.tenant, "roles": list(account.roles)}
                for name, account in self._deployment.people.items()
            },
            "console": self._console,
            "words": {
                key.removeprefix("page.shop."): sentence
                for key, sentence in words.catalogue(self._lang).items()
                if key.startswith("page.shop.")
            },
        }

    def _headers(self) -> Headers:
        connect = " ".join(["'self'", *self._origins.local.values()])
        policy = f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src {connect}; base-uri 'none'"
        return Headers.of(
            {
                "content-type": "text/html; charset=utf-8",
                "content-security-policy": f"{policy}; frame-ancestors 'none'",
                "x-content-type-options": "nosniff",
            }
        )

    def _say(self, key: str) -> str:
        return words.say(f"page.shop.{key}", self._lang)


def program(front: FrontEnd, pattern: str) -> dict[str, Any]:
    """What the page's program has to know about a front end.

    Raises:
        Misuse: no program is written for it.
    """
    if isinstance(front, StoragePage):
        return {"kind": "storage", "store": front.kind}
    if isinstance(front, CookiePage):
        return {"kind": "cookie"}
    if isinstance(front, SitePages):
        return {"kind": "site"}
    if isinstance(front, CodePage):
        return {
            "kind": "code",
            "issuer": front.issuer,
            "cookie": front.cookie if front.by_script else "",
            "client": {
                "id": front.client.id,
                "scope": " ".join(front.client.scopes),
                "redirect_uri": front.client.redirect_uris[0],
                "post_logout_redirect_uri": front.client.post_logout_redirect_uris[0],
            },
        }
    raise Misuse("serve.no-page", pattern=pattern, kind=type(front).__name__)


def static(name: str, files: Mapping[str, str]) -> Response:
    """A file of this package, or 404."""
    if name not in files:
        return Response.of({"error": "not_found"}, 404)
    text = resources.files(__package__).joinpath("static", name).read_text("utf-8")
    headers = {"content-type": f"{files[name]}; charset=utf-8", "x-content-type-options": "nosniff"}
    return Response(200, text, Headers.of(headers))


def _template(name: str) -> Template:
    return Template(resources.files(__package__).joinpath("static", name).read_text("utf-8"))
