"""What the identity provider remembers: who is signed in at which browser, and what has been given to which client.

* `Login`: a browser in which somebody has signed in; its cookie makes the next sign-in silent.
* `Code`: an authorization code, good for a minute and for one use.
* `Authorization`: what one redeemed code gave, access tokens and refresh tokens. It ends as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from authpatterns.authn.idp.refusals import OAuthRefused
from authpatterns.authn.idp.requests import AuthorizationRequest
from authpatterns.authn.short_lived import ShortLived
from authpatterns.errors import Refused
from authpatterns.stores import Grant, RefreshTokens

CODE_LIFETIME = 60
"""Seconds. RFC 6749 section 4.1.2 allows ten minutes; a browser needs a moment."""

REPLAY_MEMORY = 24 * 3600
"""For how many seconds a used code is remembered, so that its second use is noticed."""


@dataclass(slots=True, eq=False)
class Login:
    """Somebody is signed in at the provider in one browser.

    Attributes:
        user: Who.
        sid: The sign-in's public name, in ID tokens and logout tokens. It opens nothing.
        auth_time: When the password was typed, Unix seconds.
        expires: When it ends in any case, Unix seconds.
        idle_until: When it ends unless it is used before, Unix seconds.
        clients: Where it was used, in order: these are told when it ends.
        over: Whether the person has signed out.
    """

    user: str
    sid: str
    auth_time: int = 0
    expires: float = 0
    idle_until: float = 0
    clients: dict[str, None] = field(default_factory=dict)
    over: bool = False


@dataclass(slots=True, eq=False)
class Authorization:
    """What a client was granted. All its tokens end with it.

    Attributes:
        id: Also the family of its refresh tokens.
        user, client, scopes: Who may do what.
        sid: The sign-in it came from.
        auth_time: When the password was typed, Unix seconds.
        expires: When the last token of it ends, Unix seconds.
        ended: Whether it was revoked.
    """

    id: str
    user: str
    client: str
    scopes: tuple[str, ...]
    sid: str
    auth_time: int
    expires: float
    ended: bool = False


@dataclass(slots=True, eq=False)
class Code:
    """An authorization code.

    Attributes:
        request: What was asked for.
        login: Who signed in.
        expires: Unix seconds.
        gave: What its first use gave, or None while it is unused.
        used: Whether somebody has tried it.
    """

    request: AuthorizationRequest
    login: Login
    expires: float
    gave: Authorization | None = None
    used: bool = False


class Logins:
    """The browsers in which somebody is signed in.

    Args:
        lifetime: After so many seconds the password is asked for again.
        idle: So many seconds without use end it too.
    """

    def __init__(self, lifetime: int, idle: int) -> None:
        self.lifetime, self.idle = lifetime, idle
        self._logins: ShortLived[Login] = ShortLived()

    def begin(self, key: str, login: Login, now: float) -> Login:
        """The password of `login.user` was typed, perhaps again; `key` goes into the cookie, and an old one ends."""
        if not login.over:
            self.end(login)
            login.auth_time, login.expires, login.idle_until = int(now), now + self.lifetime, now + self.idle
            self._logins.put(key, login, login.expires, now)
        return login

    def find(self, key: str, now: float) -> Login | None:
        """The sign-in of this cookie, or None; finding it is using it."""
        login = self._logins.get(key, now)
        if login is None or login.idle_until <= now:
            self._logins.drop(key)
            return None
        login.idle_until = now + self.idle
        return login

    def end(self, login: Login) -> None:
        """The cookie of `login` opens nothing any more."""
        for key, known in self._logins.alive(0):
            if known is login:
                self._logins.drop(key)

    def of(self, user: str, now: float) -> list[Login]:
        """The browsers in which `user` is signed in."""
        return [login for _, login in self._logins.alive(now) if login.user == user and now < login.idle_until]

    def named(self, sid: str, now: float) -> Login | None:
        """The sign-in of this public name, or None."""
        return next((login for _, login in self._logins.alive(now) if login.sid == sid), None)


class Grants:
    """What has been given to clients, and which of it has ended."""

    def __init__(self, refresh_lifetime: int) -> None:
        self.refresh_lifetime = refresh_lifetime
        self.refresh = RefreshTokens()
        self._codes: ShortLived[Code] = ShortLived()
        self._authorizations: ShortLived[Authorization] = ShortLived()
        self._access: ShortLived[Authorization] = ShortLived()

    # --- codes

    def add_code(self, code: str, request: AuthorizationRequest, login: Login, now: float) -> None:
        """Remember `code`, longer than it is good, so that a replay is told from a guess."""
        self._codes.put(code, Code(request, login, now + CODE_LIFETIME), now + REPLAY_MEMORY, now)

    def take_code(self, code: str, now: float) -> Code:
        """Use `code` up: whoever comes second gets nothing, even if the first was refused.

        Raises:
            OAuthRefused: `invalid_grant`; at a replay everything the first use gave ends (RFC 6749 section 4.1.2).
        """
        known = self._codes.get(code, now)
        if known is None:
            raise OAuthRefused("code-unknown", "invalid_grant")
        if known.used:
            if known.gave is not None:
                self.end(known.gave)
            raise OAuthRefused("code-replayed", "invalid_grant", client=known.request.back.client.id)
        known.used = True
        if known.expires <= now:
            raise OAuthRefused("code-expired", "invalid_grant")
        return known

    def forget_codes(self) -> None:
        """As a restart does: codes are only in memory."""
        self._codes = ShortLived()

    # --- authorizations

    def begin(self, name: str, code: Code, now: float) -> Authorization:
        """What redeeming `code` gives."""
        request, login = code.request, code.login
        expires = now + self.refresh_lifetime
        given = Authorization(
            name, login.user, request.back.client.id, request.scopes, login.sid, login.auth_time, expires
        )
        self._authorizations.put(name, given, expires, now)
        code.gave = given
        return given

    def end(self, authorization: Authorization) -> None:
        """Revoke it: access tokens and refresh tokens."""
        authorization.ended = True
        self.refresh.end_family(authorization.id)

    def end_sign_in(self, sid: str) -> None:
        """Revoke everything that came from one sign-in."""
        for _, authorization in self._authorizations.alive(0):
            if authorization.sid == sid:
                self.end(authorization)

    # --- access tokens

    def remember(self, token_id: str, authorization: Authorization, expires: float, now: float) -> None:
        """An access token was issued; `token_id` is its `jti`."""
        self._access.put(token_id, authorization, expires, now)

    def behind(self, token_id: str, now: float) -> Authorization | None:
        """What stands behind an access token, or None where it has been revoked."""
        authorization = self._access.get(token_id, now)
        return None if authorization is None or authorization.ended else authorization

    def revoke_access(self, token_id: str) -> None:
        """End one access token."""
        self._access.drop(token_id)

    # --- refresh tokens

    def add_refresh(self, token: str, authorization: Authorization) -> None:
        """Remember a refresh token. Its time runs from the sign-in, not from the last refresh."""
        about = authorization
        self.refresh.add(token, Grant(about.user, about.client, about.scopes, about.id, about.expires))

    def behind_refresh(self, token: str, client: str, now: float) -> Authorization | None:
        """What stands behind a refresh token that would still be accepted from `client`, or None."""
        grant = self.refresh.find(token)
        if grant is None or grant.client != client or grant.used or grant.expires <= now:
            return None
        authorization = self._authorizations.get(grant.family, now)
        return None if authorization is None or authorization.ended else authorization

    def redeem_refresh(self, token: str, client: str, now: float) -> Authorization:
        """Use a refresh token up.

        Raises:
            OAuthRefused: `invalid_grant`; where it had been used before, its whole family ends with its access tokens.
        """
        try:
            grant = self.refresh.redeem(token, client, now)
        except Refused as refusal:
            replayed = self.refresh.find(token)
            if refusal.code == "refresh.replayed" and replayed is not None:
                self._end_family(replayed.family)
            raise OAuthRefused("refresh", "invalid_grant", reason=refusal.code.partition(".")[2]) from None
        authorization = self._authorizations.get(grant.family, now)
        if authorization is None or authorization.ended:
            raise OAuthRefused("refresh", "invalid_grant", reason="ended")
        return authorization

    def end_refresh(self, token: str, client: str) -> bool:
        """Revoke what stands behind a refresh token of `client`; False where it is none of that client's."""
        grant = self.refresh.find(token)
        if grant is None or grant.client != client:
            return False
        self._end_family(grant.family)
        return True

    def _end_family(self, family: str) -> None:
        self.refresh.end_family(family)
        authorization = self._authorizations.get(family, 0)
        if authorization is not None:
            self.end(authorization)
