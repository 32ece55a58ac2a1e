"""The tokens that the identity provider signs, and how it reads its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from authpatterns import tokens
from authpatterns.authn.idp.grants import Authorization, Grants
from authpatterns.authn.oidc import LOGOUT_EVENT, half_hash
from authpatterns.encoding import parse
from authpatterns.errors import TokenRefused
from authpatterns.keys import KeyRing, KeySet, SigningKey
from authpatterns.node import Node
from authpatterns.stores import UserStore

LOGOUT_TOKEN_LIFETIME = 120
"""Seconds, as OpenID Connect Back-Channel Logout section 2.4 recommends."""


class Mint:
    """Signs access tokens (RFC 9068), ID tokens and logout tokens.

    Args:
        node: Whose clock and chance are used.
        issuer: `iss` of everything.
        keys: The signing keys.
        grants: Where each access token is entered, so that it can be revoked.
        users: Whose tenant and roles go into a token.
        lifetime: Of an access token and of an ID token, in seconds.
    """

    def __init__(
        self, node: Node, *, issuer: str, keys: KeyRing, grants: Grants, users: UserStore, lifetime: int
    ) -> None:
        self.node, self.issuer, self.keys = node, issuer, keys
        self.grants, self.users, self.lifetime = grants, users, lifetime
        self._parsed: tuple[tuple[SigningKey, ...], KeySet] | None = None

    def access_token(
        self,
        given: Authorization,
        audience: str,
        *,
        scopes: Sequence[str] | None = None,
        client: str = "",
        lifetime: int | None = None,
        act: dict[str, Any] | None = None,
    ) -> str:
        """An access token.

        Args:
            given: What stands behind it.
            audience: The resource server; with `openid` also this provider, for `userinfo`.
            scopes: All that was granted, unless narrowed.
            client: Who will use it, if not the client it was granted to.
            lifetime: In seconds, if shorter than usual.
            act: Who acts for the person (RFC 8693 section 4.1).
        """
        scopes = given.scopes if scopes is None else tuple(scopes)
        now = int(self.node.now)
        claims = {
            "iss": self.issuer,
            **self.about(given.user),
            "aud": [audience, self.issuer] if "openid" in scopes else audience,
            "client_id": client or given.client,
            "scope": " ".join(scopes),
            "iat": now,
            "exp": now + (self.lifetime if lifetime is None else lifetime),
            "jti": tokens.reference(self.node.chance, 16),
        }
        if act is not None:
            claims["act"] = act
        self.grants.remember(claims["jti"], given, claims["exp"], now)
        return self.sign(claims, "at+jwt")

    def id_token(self, given: Authorization, nonce: str, access_token: str) -> str:
        """An ID token: tells the client who signed in, and is good for nothing else."""
        return self.sign(self.id_claims(given, nonce, access_token), "JWT")

    def id_claims(self, given: Authorization, nonce: str, access_token: str) -> dict[str, Any]:
        """What an ID token says (OpenID Connect Core section 2)."""
        now = int(self.node.now)
        about = self.about(given.user)
        return {
            "iss": self.issuer,
            **(about if "profile" in given.scopes else {"sub": about["sub"]}),
            "aud": given.client,
            "iat": now,
            "exp": now + self.lifetime,
            "auth_time": given.auth_time,
            "at_hash": half_hash(access_token),
            "sid": given.sid,
            **({"nonce": nonce} if nonce else {}),
        }

    def logout_token(self, client: str, user: str, sid: str) -> str:
        """Tells one client that a sign-in has ended (OpenID Connect Back-Channel Logout section 2.4)."""
        now = int(self.node.now)
        claims = {
            "iss": self.issuer,
            "aud": client,
            "iat": now,
            "exp": now + LOGOUT_TOKEN_LIFETIME,
            "jti": tokens.reference(self.node.chance, 16),
            "events": {LOGOUT_EVENT: {}},
            "sub": user,
            "sid": sid,
        }
        return self.sign(claims, "logout+jwt")

    def sign(self, claims: dict[str, Any], kind: str) -> str:
        """A signed token that says `claims`."""
        return tokens.issue(claims, self.keys.signing, typ=kind)

    def about(self, user: str) -> dict[str, Any]:
        """Name, tenant and roles of `user`, as they are now; the name alone where the account is gone."""
        account = self.users.find(user)
        return {"sub": user} if account is None else account.claims()

    # --- reading what was signed here

    def read_access_token(self, token: str, audience: str | None = None) -> tuple[dict[str, Any], Authorization]:
        """Claims of an access token of ours, and what stands behind it.

        Raises:
            TokenRefused: it is not one, has expired, or was revoked.
        """
        claims = tokens.verify(
            token, self._key_set(), issuer=self.issuer, audience=audience, now=self.node.now,
            algorithms=self._algorithms(), typ="at+jwt",
        )  # fmt: skip
        given = self.grants.behind(claims["jti"], self.node.now)
        if given is None:
            raise TokenRefused("oauth.revoked", subject=claims["sub"])
        return claims, given

    def read_hint(self, token: str) -> dict[str, Any]:
        """Claims of an ID token that we once signed, expired or not: it says about whom a client speaks.

        Raises:
            TokenRefused: we have not signed it.
        """
        header, payload = tokens.verify_signature(token, self._key_set(), self._algorithms())
        try:
            claims = parse(payload)
        except ValueError:
            claims = None
        if header.get("typ") != "JWT" or not isinstance(claims, dict) or claims.get("iss") != self.issuer:
            raise TokenRefused("id-token.foreign")
        return claims

    def _key_set(self) -> KeySet:
        """Our own public keys, parsed once for as long as the same ones are published."""
        published = self.keys.published
        if self._parsed is None or self._parsed[0] != published:
            self._parsed = published, self.keys.key_set()
        return self._parsed[1]

    def _algorithms(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key.algorithm for key in self.keys.published))
