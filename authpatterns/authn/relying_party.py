"""A relying party: a site that has people signed in by an identity provider, and keeps a session of its own afterwards.

It is a confidential client of the code flow with PKCE (OpenID Connect Core section 3.1). What comes back from the
provider is believed only after every check has passed; each check is one short function here or in `oidc`.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from authpatterns import tokens
from authpatterns.authn.carry import same_origin
from authpatterns.authn.discovery import Provider
from authpatterns.authn.idp.clients import Client
from authpatterns.authn.oidc import ISSUER, challenge, check_id_token, check_logout_token, same
from authpatterns.authn.short_lived import ShortLived
from authpatterns.browser import cookies_of, set_cookie
from authpatterns.errors import Refused, TokenRefused
from authpatterns.messages import Principal, Request, Response, with_query
from authpatterns.node import Node, segments

SESSION_COOKIE = "__Host-session"
ATTEMPT_COOKIE = "__Host-sign-in"
ATTEMPT_LIFETIME = 600
"""Seconds that a person has to come back from the provider."""

ALGORITHMS = ("RS256",)
"""What the provider signs with, as this client was told when it was registered (RFC 8725 section 3.1)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody has been sent to the provider and is not back yet.

    Attributes:
        browser: Which browser, by its cookie: an answer brought by another is refused (login CSRF).
        nonce: Comes back inside the ID token.
        verifier: The secret behind the PKCE challenge.
        return_to: The path the person wanted.
    """

    browser: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    return_to: str


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody is signed in at this site.

    Attributes:
        principal: Who; with the access token, to speak for them at other services.
        sid: The sign-in at the provider that this one comes from.
        expires: Unix seconds; never later than the access token's end.
    """

    principal: Principal
    sid: str
    expires: float


class RelyingParty:
    """What one site needs to have people signed in elsewhere. Sessions and attempts live in its memory.

    Args:
        node: The site.
        client: Its registration.
        issuer: The one provider it trusts.
        lifetime: Of a session, in seconds; the access token's lifetime ends it in any case.
        jwks_ttl: How long a copy of the provider's keys may be used, in seconds.
    """

    def __init__(
        self, node: Node, client: Client, *, issuer: str = ISSUER, lifetime: int = 900, jwks_ttl: float = 300
    ) -> None:
        self.node, self.client, self.lifetime = node, client, lifetime
        self.provider = Provider(node, issuer, jwks_ttl)
        self._attempts: ShortLived[Attempt] = ShortLived(10_000)
        self._browsers: ShortLived[bool] = ShortLived(10_000)
        self._sessions: ShortLived[Session] = ShortLived()
        self._seen: ShortLived[bool] = ShortLived()

    # --- what the site asks

    def session(self, request: Request) -> Session | None:
        """The session of this browser, or None.

        Raises:
            Refused: 403, its cookie came with an unsafe method from another page.
        """
        session = self._sessions.get(cookies_of(request).get(SESSION_COOKIE, ""), self.node.now)
        if session is not None:
            same_origin(request)
        return session

    # --- there and back

    async def send_to_provider(self, request: Request, return_to: str, *, silent: bool = False) -> Response:
        """Redirect the browser to the provider.

        Args:
            request: What the browser asked.
            return_to: The path to come back to in the end; nothing but a path of this very site.
            silent: Whether the provider must not show a page: it knows the person, or says no.

        Raises:
            NetworkError: the provider cannot be reached, so nobody new gets in.
        """
        if not return_to.isprintable() or not return_to.isascii():
            raise Refused("request.path", status=400, path=return_to)
        segments(return_to.partition("?")[0])  # a path and nothing else, or the site would be an open redirector
        address = await self.provider.endpoint("authorization_endpoint")
        attempt = Attempt(self._browser(request), self._new_secret(), self._new_secret(), return_to)
        state = self._new_secret()
        self._attempts.put(state, attempt, self.node.now + ATTEMPT_LIFETIME, self.node.now)
        wish = {
            "response_type": "code",
            "client_id": self.client.id,
            "redirect_uri": self.client.redirect_uris[0],
            "scope": " ".join(self.client.scopes),
            "state": state,
            "nonce": attempt.nonce,
            "code_challenge": challenge(attempt.verifier),
            "code_challenge_method": "S256",
            **({"prompt": "none"} if silent else {}),
        }
        self.node.note("sso.sent-to-provider", client=self.client.id, silent=silent)
        cookie = set_cookie(ATTEMPT_COOKIE, attempt.browser, max_age=ATTEMPT_LIFETIME, same_site="Lax")
        return Response.redirect(with_query(address, **wish)).with_header("set-cookie", cookie)

    async def callback(self, request: Request) -> Response:
        """The browser is back with the provider's answer: redeem the code, check the ID token, begin a session.

        Raises:
            Refused: the answer is not to be believed.
            NetworkError: the provider cannot be reached.
        """
        attempt = self._attempt(request)
        answer = request.query
        self._check_issuer(answer.get("iss"))
        if "error" in answer:
            return self._not_signed_in(answer["error"], attempt)
        given = await self._redeem(answer.get("code", ""), attempt)
        claims = await self._identity(given, attempt)
        return self._begin(request, given, claims, attempt)

    # --- signing out

    async def sign_out(self, request: Request) -> Response:
        """End the session here, and send the browser to the provider to end the sign-in there."""
        same_origin(request)
        key = cookies_of(request).get(SESSION_COOKIE, "")
        session = self._sessions.take(key, self.node.now)
        if session is not None:
            self.node.note("sso.session-ended", client=self.client.id, subject=session.principal.subject)
        address = await self.provider.endpoint("end_session_endpoint")
        wish = {
            "client_id": self.client.id,
            "post_logout_redirect_uri": self.client.post_logout_redirect_uris[0],
            **({"logout_hint": session.sid} if session is not None else {}),
            **({"everywhere": "yes"} if request.form().get("everywhere") else {}),
        }
        answer = Response.redirect(with_query(address, **wish))
        return answer.with_header("set-cookie", set_cookie(SESSION_COOKIE, "", max_age=0, same_site="Lax"))

    async def back_channel_logout(self, request: Request) -> Response:
        """The provider says that a sign-in has ended (OpenID Connect Back-Channel Logout section 2.5).

        Raises:
            Refused: 400, the logout token is not to be believed.
            NetworkError: its signature cannot be checked, because there are no keys.
        """
        try:
            claims = await self._ended(request.form().get("logout_token", ""))
        except TokenRefused as refusal:
            raise Refused(refusal.code, status=400, **refusal.evidence) from None
        ended = [key for key, session in self._sessions.alive(self.node.now) if _meant(claims, session)]
        for key in ended:
            self._sessions.drop(key)
        if ended:
            self.node.note("sso.told-to-end", client=self.client.id, sessions=len(ended))
        else:
            self.node.note("sso.nothing-to-end", client=self.client.id)
        return Response(200).with_header("cache-control", "no-store")

    # --- checks, in the order in which they are made

    def _attempt(self, request: Request) -> Attempt:
        """The attempt that `state` names, if this browser began it; used up either way (RFC 6749 section 10.12)."""
        attempt = self._attempts.take(request.query.get("state", ""), self.node.now)
        if attempt is None or not same(cookies_of(request).get(ATTEMPT_COOKIE), attempt.browser):
            raise Refused("sso.state", status=400)
        return attempt

    def _check_issuer(self, issuer: str | None) -> None:
        """Who answers must be whom we asked, or another provider could collect our codes (RFC 9207 section 2.4)."""
        if issuer != self.provider.issuer:
            raise Refused("sso.issuer", status=400, expected=self.provider.issuer)

    async def _redeem(self, code: str, attempt: Attempt) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uris[0],
            "code_verifier": attempt.verifier,
        }
        answer = await self.provider.post("token_endpoint", form, {"authorization": basic(self.client)})
        given = answer.json()
        if answer.status != 200 or not isinstance(given, dict):
            raise Refused("sso.code", status=400, answered=answer.status)
        if str(given.get("token_type")).lower() != "bearer" or not _has_texts(given, "access_token", "id_token"):
            raise Refused("sso.token-answer", status=400)
        return given

    async def _identity(self, given: dict[str, Any], attempt: Attempt) -> dict[str, Any]:
        """The claims of the ID token, after OpenID Connect Core section 3.1.3.7."""
        claims = await self._verified(given["id_token"], id_token_kind(given["id_token"]))
        check_id_token(
            claims, client=self.client.id, nonce=attempt.nonce, access_token=given["access_token"], now=self.node.now
        )
        return claims

    async def _ended(self, logout_token: str) -> dict[str, Any]:
        claims = await self._verified(logout_token, "logout+jwt")
        check_logout_token(claims, now=self.node.now)
        if self._seen.get(claims["jti"], self.node.now):
            raise TokenRefused("logout-token.replayed")
        self._seen.put(claims["jti"], True, claims["exp"], self.node.now)
        return claims

    async def _verified(self, token: str, kind: str | None) -> dict[str, Any]:
        keys = await self.provider.keys(tokens.key_id(token))
        return tokens.verify(
            token,
            keys,
            issuer=self.provider.issuer,
            audience=self.client.id,
            algorithms=ALGORITHMS,
            now=self.node.now,
            typ=kind,
        )

    # --- small steps

    def _begin(self, request: Request, given: dict[str, Any], claims: dict[str, Any], attempt: Attempt) -> Response:
        """A session under a new id, whatever id the browser brought along."""
        now = self.node.now
        self._sessions.drop(cookies_of(request).get(SESSION_COOKIE, ""))
        lifetime = min(self.lifetime, _seconds(given.get("expires_in"), self.lifetime))
        about = {**claims, "scope": given.get("scope", "")}
        session = Session(
            Principal.from_claims(about, given["access_token"]), str(claims.get("sid", "")), now + lifetime
        )
        key = self._new_secret()
        self._sessions.put(key, session, session.expires, now)
        self.node.note("sso.session-begun", client=self.client.id, subject=claims["sub"], seconds=lifetime)
        answer = Response.redirect(attempt.return_to)
        answer = answer.with_header("set-cookie", set_cookie(SESSION_COOKIE, key, max_age=lifetime, same_site="Lax"))
        return answer.with_header("set-cookie", set_cookie(ATTEMPT_COOKIE, "", max_age=0, same_site="Lax"))

    def _not_signed_in(self, error: str, attempt: Attempt) -> Response:
        """The provider said no; `login_required` means that it would have had to ask for a password."""
        known = error if error in ("login_required", "access_denied", "temporarily_unavailable") else "sign_in_failed"
        self.node.note("sso.not-signed-in", error=known)
        link = with_query("/sso/sign-in", return_to=attempt.return_to)
        answer = Response.of({"error": known, "sign_in": link}, 401)
        return answer.with_header("www-authenticate", "Bearer")

    def _browser(self, request: Request) -> str:
        """The name of this browser: the one we gave it, if it is on its way already, or a new one."""
        brought = cookies_of(request).get(ATTEMPT_COOKIE, "")
        browser = brought if self._browsers.get(brought, self.node.now) else self._new_secret()
        self._browsers.put(browser, True, self.node.now + ATTEMPT_LIFETIME, self.node.now)
        return browser

    def _new_secret(self) -> str:
        return tokens.reference(self.node.chance)


def id_token_kind(token: str) -> str | None:
    """The `typ` to demand of an ID token: "JWT", or none where it names none, which the standard leaves open.

    A token of another kind says so in its `typ` (RFC 9068 section 2.1, Back-Channel Logout section 2.4), and is no ID
    token.

    Raises:
        TokenRefused: the token cannot be read.
    """
    return "JWT" if "typ" in tokens.read_unverified(token).header else None


def basic(client: Client) -> str:
    """`client_secret_basic`: how a confidential client proves who it is (RFC 6749 section 2.3.1)."""
    pair = f"{quote_plus(client.id)}:{quote_plus(client.secret)}"
    return "Basic " + b64encode(pair.encode()).decode()


def _meant(claims: dict[str, Any], session: Session) -> bool:
    """Whether a logout token speaks of `session`: by `sid` if it names one, and always of the same person."""
    if claims.get("sub", session.principal.subject) != session.principal.subject:
        return False
    return "sid" not in claims or same(claims["sid"], session.sid)


def _has_texts(given: dict[str, Any], *names: str) -> bool:
    return all(isinstance(given.get(name), str) and given[name] for name in names)


def _seconds(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else otherwise
