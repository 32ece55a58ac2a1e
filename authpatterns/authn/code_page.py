"""A page that signs people in by itself: a public client of the code flow with PKCE (RFC 10017), run by scripts."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from authpatterns import tokens
from authpatterns.authn.forms import confirm, fill_in
from authpatterns.authn.idp.clients import Client
from authpatterns.authn.oidc import METADATA_PATH, challenge, check_id_token, same
from authpatterns.browser import Browser
from authpatterns.encoding import parse
from authpatterns.errors import Refused, TokenRefused
from authpatterns.messages import Request, Response, Url, with_query


class CodePage:
    """Sends the browser to the identity provider, redeems the code, and has the JWT put into a cookie.

    What has to survive the way there and back (`state`, `nonce`, the PKCE verifier) waits in SessionStorage, which only
    pages of this origin in this tab can read.

    Args:
        client: The page's registration.
        issuer: The one provider it trusts.
        origin: Where the page comes from.
        cookie: Name of the cookie with the JWT.
        by_script: Whether the page writes the cookie itself, instead of handing the JWT to the gateway.
    """

    def __init__(self, client: Client, issuer: str, origin: str, cookie: str, *, by_script: bool) -> None:
        self.client, self.issuer, self.origin = client, issuer, origin
        self.cookie, self.by_script = cookie, by_script

    # --- what a person does

    async def sign_in(self, browser: Browser, username: str, password: str) -> Response:
        """Go to the provider, fill in its form, come back with a code."""
        page = await self._go(browser)
        answer = await fill_in(browser, page, username, password) if page.ok else page
        return await self._come_back(browser, answer)

    async def send(self, browser: Browser, request: Request) -> Response:
        """The cookie goes along by itself."""
        return await browser.fetch(browser.address(request.target), request)

    async def refresh(self, browser: Browser) -> Response:
        """A fresh JWT without a password: the provider still knows the browser."""
        return await self._come_back(browser, await self._go(browser, prompt="none"))

    async def sign_out(self, browser: Browser, *, everywhere: bool = False) -> Response:
        """Have the cookie deleted, and end the sign-in at the provider."""
        sid = browser.storage("session").pop("sid", None)
        if self.by_script:
            self._write_cookie(browser, "", 0)
            browser.note("browser.cookie-dropped", cookie=self.cookie)
        else:
            await browser.fetch(f"{self.origin}/session", Request("DELETE", "/session"))
        metadata = await self._metadata(browser)
        wish = {"client_id": self.client.id, "post_logout_redirect_uri": self.client.post_logout_redirect_uris[0]}
        wish |= {"logout_hint": sid} if sid else {}
        wish |= {"everywhere": "yes"} if everywhere else {}
        if "end_session_endpoint" not in metadata:
            return Response.of({"error": "temporarily_unavailable"}, 503)
        address = with_query(metadata["end_session_endpoint"], **wish)
        return await confirm(browser, await browser.visit(address, page=self.origin))

    # --- there

    async def _go(self, browser: Browser, **more: str) -> Response:
        """To the provider, and as far as its redirects lead."""
        metadata = await self._metadata(browser)
        if "authorization_endpoint" not in metadata:
            return Response.of({"error": "temporarily_unavailable"}, 503)
        waiting = {name: tokens.reference(browser.chance) for name in ("state", "nonce", "verifier")}
        browser.storage("session").update(waiting)
        wish = {
            "response_type": "code",
            "client_id": self.client.id,
            "redirect_uri": self.client.redirect_uris[0],
            "scope": " ".join(self.client.scopes),
            "state": waiting["state"],
            "nonce": waiting["nonce"],
            "code_challenge": challenge(waiting["verifier"]),
            "code_challenge_method": "S256",
            **more,
        }
        return await browser.visit(with_query(metadata["authorization_endpoint"], **wish), page=self.origin)

    # --- and back

    async def _come_back(self, browser: Browser, answer: Response) -> Response:
        """The address bar holds the provider's answer, if the browser is back at all."""
        store = browser.storage("session")
        waiting = {name: store.pop(name, "") for name in ("state", "nonce", "verifier")}
        address, _, query = browser.location.partition("?")
        if address != self.client.redirect_uris[0] or not answer.ok:
            return answer
        given = dict(parse_qsl(query))
        try:
            self._check_answer(given, waiting)
            return await self._redeem(browser, given["code"], waiting)
        except Refused as refusal:
            browser.note(refusal.code, **refusal.evidence)
            return Response.of({"error": given.get("error", "sign_in_failed")}, 401)

    def _check_answer(self, given: dict[str, str], waiting: dict[str, str]) -> None:
        """Our `state`, our provider, and a code."""
        if not waiting["state"] or not same(given.get("state"), waiting["state"]):
            raise Refused("sso.state", status=400)
        if given.get("iss") != self.issuer:
            raise Refused("sso.issuer", status=400, expected=self.issuer)
        if "code" not in given:
            raise Refused("sso.no-code", error=given.get("error", "-"))

    async def _redeem(self, browser: Browser, code: str, waiting: dict[str, str]) -> Response:
        endpoint = (await self._metadata(browser)).get("token_endpoint", "")
        form = {
            "grant_type": "authorization_code",
            "client_id": self.client.id,
            "code": code,
            "redirect_uri": self.client.redirect_uris[0],
            "code_verifier": waiting["verifier"],
        }
        answer = await browser.fetch(endpoint, Request.post("/", form=form))
        given = answer.json()
        if answer.status != 200 or not isinstance(given, dict) or not isinstance(given.get("access_token"), str):
            return answer
        self._check_identity(browser, given, waiting["nonce"])
        return await self._keep(browser, given)

    def _check_identity(self, browser: Browser, given: dict[str, Any], nonce: str) -> None:
        """Make every check of OpenID Connect Core section 3.1.3.7 but that of the signature.

        Step 6 allows that: the ID token came straight from the provider, over TLS.
        """
        claims = self._read(given.get("id_token"))
        if claims.get("iss") != self.issuer or claims.get("aud") != self.client.id:
            raise TokenRefused("id-token.foreign")
        if not isinstance(claims.get("exp"), int) or claims["exp"] <= browser.now:
            raise TokenRefused("id-token.expired")
        check_id_token(claims, client=self.client.id, nonce=nonce, access_token=given["access_token"], now=browser.now)
        browser.storage("session")["sid"] = str(claims.get("sid", ""))

    def _read(self, token: object) -> dict[str, Any]:
        if not isinstance(token, str):
            raise TokenRefused("id-token.foreign")
        header, payload = tokens.read_unverified(token)
        try:
            claims = parse(payload)
        except ValueError:
            claims = None
        if not isinstance(claims, dict) or header.get("typ", "JWT") != "JWT":
            raise TokenRefused("id-token.foreign")
        return claims

    async def _keep(self, browser: Browser, given: dict[str, Any]) -> Response:
        """The JWT goes into the cookie."""
        if self.by_script:
            self._write_cookie(browser, given["access_token"], int(given.get("expires_in", 0)))
            return Response.of({"signed_in": True})
        request = Request.post("/session", {"authorization": f"Bearer {given['access_token']}"})
        return await browser.fetch(f"{self.origin}/session", request)

    def _write_cookie(self, browser: Browser, value: str, lifetime: int) -> None:
        """`document.cookie = ...`: what a script writes, scripts can read."""
        line = f"{self.cookie}={value}; Path=/; Secure; SameSite=Strict; Max-Age={lifetime}"
        browser.cookies.set(Url.parse(f"{self.origin}/"), line, browser.now)

    async def _metadata(self, browser: Browser) -> dict[str, Any]:
        """The discovery document, fetched once in the life of the tab; {} where it cannot be had."""
        store = browser.storage("session")
        if "metadata" not in store:
            answer = await browser.fetch(self.issuer + METADATA_PATH, Request.get("/"))
            found = answer.json()
            if answer.status != 200 or not isinstance(found, dict) or found.get("issuer") != self.issuer:
                return {}
            store["metadata"] = answer.body
        known: dict[str, Any] = json.loads(store["metadata"])
        return known
