"""The identity provider: an OAuth 2.0 authorization server and OpenID Connect provider in small.

It does one flow, the authorization code with PKCE, and does it as the documents say (RFC 6749 with RFC 9700, RFC 7636,
RFC 9207, OpenID Connect Core). Its clients are the shop's own, so it asks nobody for consent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from authpatterns import tokens
from authpatterns.authn.carry import bearer_token
from authpatterns.authn.idp import pages
from authpatterns.authn.idp.clients import Client, Clients
from authpatterns.authn.idp.grants import Grants, Login, Logins
from authpatterns.authn.idp.metadata import metadata
from authpatterns.authn.idp.minting import Mint
from authpatterns.authn.idp.refusals import NEVER_STORED, OAuthRefused, demand, form_of, parameters
from authpatterns.authn.idp.requests import AuthorizationRequest, ReturnAddress
from authpatterns.authn.idp.token_endpoint import TokenEndpoint
from authpatterns.authn.oidc import ISSUER, METADATA_PATH, same
from authpatterns.authn.short_lived import ShortLived
from authpatterns.browser import cookies_of, set_cookie
from authpatterns.errors import NetworkError, Refused, TokenRefused
from authpatterns.keys import KeyRing, demo_key
from authpatterns.messages import Request, Response, Url, with_query
from authpatterns.node import Node, route
from authpatterns.stores import UserStore

SESSION_COOKIE = "__Host-idp-session"
BROWSER_COOKIE = "__Host-idp-browser"
FORM_LIFETIME = 600
"""Seconds that a person has to fill in the form."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A form that has been shown and not yet been sent back.

    Attributes:
        browser: The browser it was shown to, by its cookie: a form filled in elsewhere is refused (login CSRF).
        request: What happens after signing in; None for the form that asks whether to sign out.
    """

    browser: str
    request: AuthorizationRequest | None


class IdentityProvider(Node):
    """Signs people in for other sites, and issues tokens about them.

    Args:
        users: The accounts.
        clients: Who is registered.
        issuer: Its own address.
        lifetime: Of an access token and of an ID token, in seconds.
        refresh_lifetime: Of what one code gives, in seconds.
        session_lifetime: After so many seconds the password is asked for again.
        session_idle: So many seconds without use end the sign-in too.
        name: Unique.
    """

    kind = "idp"
    zone = "outside"

    def __init__(
        self,
        users: UserStore,
        clients: Iterable[Client] = (),
        *,
        issuer: str = ISSUER,
        lifetime: int = 900,
        refresh_lifetime: int = 8 * 3600,
        session_lifetime: int = 8 * 3600,
        session_idle: int = 2 * 3600,
        name: str = "idp",
    ) -> None:
        super().__init__(name)
        self.users, self.issuer = users, issuer
        self.clients = Clients(clients)
        self.keys = KeyRing([demo_key()])
        self.logins = Logins(session_lifetime, session_idle)
        self.grants = Grants(refresh_lifetime)
        self.mint = Mint(self, issuer=issuer, keys=self.keys, grants=self.grants, users=users, lifetime=lifetime)
        self.token_endpoint = TokenEndpoint(self.mint, self.grants)
        self.waiting: ShortLived[Waiting] = ShortLived(10_000)
        self.browsers: ShortLived[bool] = ShortLived(10_000)

    def restart(self) -> None:
        """Forms and codes are in memory and end; accounts, sign-ins and grants are in a database and stay."""
        self.waiting, self.browsers = ShortLived(10_000), ShortLived(10_000)
        self.grants.forget_codes()

    async def handle(self, request: Request) -> Response:
        """Answer; what is refused is refused in OAuth's own words."""
        origin = request.headers.get("origin")
        if request.method == "OPTIONS":
            return self._for_script(origin, Response(204))
        try:
            answer = await super().handle(request)
        except OAuthRefused as refusal:
            self.note(refusal.code, **refusal.evidence)
            answer = refusal.response()
        return self._for_script(origin, answer)

    # --- what everybody may know

    @route("GET", METADATA_PATH)
    async def discovery(self, request: Request) -> Response:
        """Where everything is (OpenID Connect Discovery)."""
        return Response.of(metadata(self))

    @route("GET", "/.well-known/oauth-authorization-server")
    async def oauth_metadata(self, request: Request) -> Response:
        """The same for clients that only speak OAuth (RFC 8414)."""
        return Response.of(metadata(self))

    @route("GET", "/jwks.json")
    async def jwks(self, request: Request) -> Response:
        """The public keys (RFC 7517)."""
        return Response.of(self.keys.jwks())

    # --- signing in: the browser is here

    @route("GET", "/authorize")
    async def authorize(self, request: Request) -> Response:
        """A client has sent the browser here to have somebody signed in."""
        return self._authorize(request, request.target.partition("?")[2])

    @route("POST", "/authorize")
    async def authorize_by_form(self, request: Request) -> Response:
        """The same, sent as a form (OpenID Connect Core section 3.1.2.1)."""
        return self._authorize(request, request.body)

    @route("POST", "/sign-in")
    async def sign_in(self, request: Request) -> Response:
        """The form comes back with a password."""
        form = form_of(request)
        waiting = self._waiting(request, form)
        if waiting is None or waiting.request is None:
            return pages.refused("invalid_request")
        try:
            user = self.users.check(form.get("username", ""), form.get("password", ""))
        except Refused as refusal:
            self.note(refusal.code)
            return self._form(form["ticket"], waiting.request, failed=True)
        self.waiting.drop(form["ticket"])
        self.note("sign-in.checked", subject=user.name)
        old = self._login(request)
        if old is not None and old.user != user.name:
            await self.end(old)
        key, sid = tokens.reference(self.chance), tokens.reference(self.chance, 16)
        login = self.logins.begin(key, old or Login(user.name, sid), self.now)
        cookie = set_cookie(SESSION_COOKIE, key, max_age=self.logins.lifetime, same_site="Lax")
        return self._with_code(waiting.request, login).with_header("set-cookie", cookie)

    # --- tokens: a client is here

    @route("POST", "/token")
    async def token(self, request: Request) -> Response:
        """A code, a refresh token or another token in, tokens out."""
        form = form_of(request)
        return self.token_endpoint.answer(self.clients.authenticate(request, form), form)

    @route("POST", "/introspect")
    async def introspect(self, request: Request) -> Response:
        """Is this token good? Only a resource server for which it is meant is told (RFC 7662)."""
        form = form_of(request)
        client = self.clients.confidential(request, form)
        return Response.of(self._introspected(client, demand(form, "token")), headers=NEVER_STORED)

    @route("POST", "/revoke")
    async def revoke(self, request: Request) -> Response:
        """End a token. The answer is the same whether there was one (RFC 7009)."""
        form = form_of(request)
        client = self.clients.authenticate(request, form)
        self._revoke(client, demand(form, "token"))
        return Response(200, headers=Response.of("", headers=NEVER_STORED).headers.without("content-type"))

    @route("GET", "/userinfo")
    async def userinfo(self, request: Request) -> Response:
        """Who the access token is about (OpenID Connect Core section 5.3)."""
        claims, given = self.mint.read_access_token(bearer_token(request), self.issuer)
        scopes = str(claims.get("scope", "")).split()
        if "openid" not in scopes:
            raise Refused("scope.insufficient", status=403, scope="openid", granted=", ".join(scopes) or "-")
        about = self.mint.about(given.user)
        return Response.of(about if "profile" in scopes else {"sub": given.user}, headers=NEVER_STORED)

    @route("POST", "/userinfo")
    async def userinfo_by_post(self, request: Request) -> Response:
        """The same."""
        return await self.userinfo(request)

    # --- signing out

    @route("GET", "/logout")
    async def logout(self, request: Request) -> Response:
        """A client has sent the browser here to be signed out (OpenID Connect RP-Initiated Logout).

        Two parameters go beyond the standard's: a client may name the sign-in by its `sid` in `logout_hint`, so that no
        token stands in an address, and `everywhere` ends the person's sign-ins in other browsers too.
        """
        return await self._logout(request, parameters(request.target.partition("?")[2]))

    @route("POST", "/logout")
    async def logout_by_form(self, request: Request) -> Response:
        """The same, sent as a form; or the person has confirmed."""
        form = form_of(request)
        if "ticket" not in form:
            return await self._logout(request, form)
        login = self._login(request)
        if self._waiting(request, form) is None or login is None:
            return pages.refused("invalid_request")
        self.waiting.drop(form["ticket"])
        return await self._signed_out(login, pages.signed_out())

    async def sign_out_everywhere(self, user: str) -> None:
        """End every sign-in of `user`, in all browsers and at all clients."""
        for login in self.logins.of(user, self.now):
            await self.end(login)

    async def end(self, login: Login) -> None:
        """End a sign-in and all it gave, and tell the clients behind the browser's back.

        A client that cannot be reached is left alone: it learns by itself when its own session ends.
        """
        login.over = True
        self.logins.end(login)
        self.grants.end_sign_in(login.sid)
        self.note("idp.login-ended", subject=login.user, clients=len(login.clients))
        for name in login.clients:
            client = self.clients.find(name)
            if client is not None and client.backchannel_logout_uri:
                await self._tell(client, login)

    async def _tell(self, client: Client, login: Login) -> None:
        form = {"logout_token": self.mint.logout_token(client.id, login.user, login.sid)}
        address = Url.parse(client.backchannel_logout_uri)
        try:
            answer = await self.call(self.wire.owner(str(address)), Request.post(address.target, form=form))
        except NetworkError as failure:
            self.note("idp.logout-not-told", client=client.id, reason=failure.code)
        else:
            if not answer.ok:
                self.note("idp.logout-not-told", client=client.id, reason=str(answer.status))

    # --- signing in, in small steps

    def _authorize(self, request: Request, text: str) -> Response:
        try:
            asked = parameters(text)
            back = ReturnAddress.read(asked, self.clients, self.issuer)
        except OAuthRefused as refusal:
            self.note(refusal.code, **refusal.evidence)
            return pages.refused(refusal.error)
        try:
            return self._sign_in_or_ask(request, AuthorizationRequest.read(asked, back))
        except OAuthRefused as refusal:
            self.note(refusal.code, **refusal.evidence)
            return back.redirect(error=refusal.error)

    def _sign_in_or_ask(self, request: Request, wish: AuthorizationRequest) -> Response:
        login = self._login(request)
        if login is not None and self._enough(login, wish):
            client = wish.back.client
            self.note("idp.silent", subject=login.user, client=client.id, page=client.public)
            return self._with_code(wish, login)
        if wish.prompt == "none":
            raise OAuthRefused("login-required", "login_required", client=wish.back.client.id)
        browser = self._browser(request)
        ticket = tokens.reference(self.chance)
        self.waiting.put(ticket, Waiting(browser, wish), self.now + FORM_LIFETIME, self.now)
        return self._form(ticket, wish).with_header("set-cookie", set_cookie(BROWSER_COOKIE, browser, same_site="Lax"))

    def _enough(self, login: Login, wish: AuthorizationRequest) -> bool:
        """Whether this sign-in does for what the client asks (OpenID Connect Core section 3.1.2.1)."""
        recent = wish.max_age is None or self.now - login.auth_time <= wish.max_age
        return recent and wish.prompt != "login" and self._expected(login, wish.hint)

    def _expected(self, login: Login, hint: str) -> bool:
        if not hint:
            return True
        try:
            return bool(self.mint.read_hint(hint).get("sub") == login.user)
        except TokenRefused:
            return False

    def _with_code(self, wish: AuthorizationRequest, login: Login) -> Response:
        code = tokens.reference(self.chance)
        self.grants.add_code(code, wish, login, self.now)
        return wish.back.redirect(code=code)

    def _form(self, ticket: str, wish: AuthorizationRequest, *, failed: bool = False) -> Response:
        return pages.sign_in(f"{self.issuer}/sign-in", ticket, wish.back.client.id, failed=failed)

    def _login(self, request: Request) -> Login | None:
        return self.logins.find(cookies_of(request).get(SESSION_COOKIE, ""), self.now)

    def _browser(self, request: Request) -> str:
        """The name of this browser: the one we gave it, if it is waiting with a form already, or a new one."""
        brought = cookies_of(request).get(BROWSER_COOKIE, "")
        browser = brought if self.browsers.get(brought, self.now) else tokens.reference(self.chance)
        self.browsers.put(browser, True, self.now + FORM_LIFETIME, self.now)
        return browser

    def _waiting(self, request: Request, form: dict[str, str]) -> Waiting | None:
        """The form that comes back, if it was shown to this browser and is sent by our own page."""
        waiting = self.waiting.get(form.get("ticket", ""), self.now)
        origin = request.headers.get("origin", self.issuer)
        if waiting is None or origin != Url.parse(self.issuer).origin:
            return None
        return waiting if same(cookies_of(request).get(BROWSER_COOKIE), waiting.browser) else None

    # --- tokens, in small steps

    def _introspected(self, client: Client, token: str) -> dict[str, Any]:
        """RFC 7662 section 2.2. A hint about the type only saves time, so it is not looked at."""
        given = self.grants.behind_refresh(token, client.id, self.now)
        if given is not None:
            about = {"active": True, "iss": self.issuer, "sub": given.user, "client_id": given.client}
            return {**about, "scope": " ".join(given.scopes)}
        try:
            claims, _ = self.mint.read_access_token(token)
        except TokenRefused as refusal:
            self.note(refusal.code, **refusal.evidence)
            return {"active": False}
        audiences = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
        if claims["client_id"] != client.id and not any(name in audiences for name in client.serves):
            return {"active": False}
        return {"active": True, "token_type": "Bearer", **claims}

    def _revoke(self, client: Client, token: str) -> None:
        """RFC 7009 section 2.1: a refresh token ends with all its access tokens; an access token alone."""
        if self.grants.end_refresh(token, client.id):
            self.note("idp.revoked", client=client.id)
            return
        try:
            claims, _ = self.mint.read_access_token(token)
        except TokenRefused:
            return
        if claims["client_id"] == client.id:
            self.grants.revoke_access(claims["jti"])
            self.note("idp.revoked", client=client.id)

    # --- signing out, in small steps

    async def _logout(self, request: Request, asked: dict[str, str]) -> Response:
        client, login = self._who_leaves(request, asked)
        after = self._after_logout(client, asked)
        if login is None:
            return after  # nobody is signed in any more, which is what was wanted
        if not self._vouched(login, asked):
            return self._ask_before_logout(request)
        if "everywhere" in asked:
            await self.sign_out_everywhere(login.user)
        return await self._signed_out(login, after)

    def _who_leaves(self, request: Request, asked: dict[str, str]) -> tuple[Client | None, Login | None]:
        """The client that sent the browser, and the sign-in that is to end."""
        client = self.clients.find(asked.get("client_id", ""))
        if "id_token_hint" not in asked:
            return client, self._login(request)
        hint = self._hint(asked)
        hinted = self.clients.find(str(hint.get("aud")))
        if client is not None and client != hinted:
            raise OAuthRefused("logout-client")
        return hinted, self._login(request) or self.logins.named(str(hint.get("sid")), self.now)

    def _hint(self, asked: dict[str, str]) -> dict[str, Any]:
        try:
            return self.mint.read_hint(asked["id_token_hint"])
        except TokenRefused:
            raise OAuthRefused("logout-hint") from None

    def _vouched(self, login: Login, asked: dict[str, str]) -> bool:
        """Whether the client shows that it knows this very sign-in: a page elsewhere cannot sign people out."""
        if "id_token_hint" in asked:
            return self._hint(asked).get("sid") == login.sid
        return same(asked.get("logout_hint"), login.sid)

    def _after_logout(self, client: Client | None, asked: dict[str, str]) -> Response:
        uri = asked.get("post_logout_redirect_uri")
        if uri is None:
            return pages.signed_out()
        if client is None or uri not in client.post_logout_redirect_uris:
            raise OAuthRefused("logout-redirect")
        return Response.redirect(with_query(uri, state=asked["state"]) if "state" in asked else uri)

    def _ask_before_logout(self, request: Request) -> Response:
        browser = self._browser(request)
        ticket = tokens.reference(self.chance)
        self.waiting.put(ticket, Waiting(browser, None), self.now + FORM_LIFETIME, self.now)
        form = pages.confirm_sign_out(f"{self.issuer}/logout", ticket)
        return form.with_header("set-cookie", set_cookie(BROWSER_COOKIE, browser, same_site="Lax"))

    async def _signed_out(self, login: Login, answer: Response) -> Response:
        if not login.over:
            await self.end(login)
        return answer.with_header("set-cookie", set_cookie(SESSION_COOKIE, "", max_age=0, same_site="Lax"))

    # --- scripts of pages elsewhere

    def _for_script(self, origin: str, answer: Response) -> Response:
        """Let the page of a public client read the answer (CORS); cookies are never part of that."""
        if not self.clients.may_call_from(origin):
            return answer
        allowed = answer.with_header("access-control-allow-origin", origin).with_header("vary", "origin")
        return allowed.with_header("access-control-allow-headers", "authorization, content-type")
