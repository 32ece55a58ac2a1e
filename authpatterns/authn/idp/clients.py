"""The registered clients of the identity provider, and how one proves to be who it says."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus, urlsplit

from authpatterns.authn.idp.refusals import OAuthRefused
from authpatterns.authn.oidc import same
from authpatterns.errors import Misuse
from authpatterns.messages import Request
from authpatterns.pattern import SHOP


@dataclass(frozen=True)
class Client:
    """An application that is registered with the identity provider (RFC 7591 section 2 names most of these).

    Attributes:
        id: `client_id`.
        redirect_uris: Where codes may be sent, compared character by character.
        secret: Proves a confidential client; "" makes a public one: a page or an app, which cannot keep a secret.
        scopes: What it may be granted.
        audience: `aud` of the access tokens it is given.
        refresh: Whether it is given refresh tokens.
        post_logout_redirect_uris: Where a browser may be sent after signing out.
        backchannel_logout_uri: Where it wants to be told that somebody has signed out, or "".
        serves: The audiences for which it answers as a resource server; it may introspect their tokens.
        exchange_targets: The audiences for which it may exchange a token (RFC 8693).
        require_pkce: False only for a lesson: a confidential client that may leave PKCE out (RFC 9700 section 2.1.1).

    Raises:
        Misuse: a redirect URI is not absolute or has a fragment, or a public client is to do without PKCE.
    """

    id: str
    redirect_uris: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ("openid", "profile")
    audience: str = SHOP
    refresh: bool = False
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""
    serves: tuple[str, ...] = ()
    exchange_targets: tuple[str, ...] = ()
    require_pkce: bool = True

    def __post_init__(self) -> None:
        for address in (*self.redirect_uris, *self.post_logout_redirect_uris):
            parts = urlsplit(address)
            if not parts.scheme or not parts.netloc or "#" in address:
                raise Misuse("oauth.bad-redirect-uri", address=address)
        if self.public and not self.require_pkce:
            raise Misuse("oauth.public-without-pkce", client=self.id)

    @property
    def public(self) -> bool:
        """Whether it has no secret."""
        return not self.secret

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins of its pages, from which a script may call the provider."""
        parts = [urlsplit(address) for address in self.redirect_uris]
        return tuple(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts)) if self.public else ()


class Clients:
    """All registered clients."""

    def __init__(self, clients: Iterable[Client] = ()) -> None:
        self._clients = {client.id: client for client in clients}

    def __iter__(self) -> Iterator[Client]:
        return iter(self._clients.values())

    def add(self, client: Client) -> None:
        """Register `client`, or replace the one of its name."""
        self._clients[client.id] = client

    def find(self, name: str) -> Client | None:
        """The client of this id, or None."""
        return self._clients.get(name)

    def may_call_from(self, origin: str) -> bool:
        """Whether a page of this origin belongs to a public client."""
        return any(origin in client.origins for client in self._clients.values())

    def authenticate(self, request: Request, form: Mapping[str, str]) -> Client:
        """The client that sent `request` (RFC 6749 section 2.3): exactly one way of proving it.

        Raises:
            OAuthRefused: 401 `invalid_client`, or 400 where two ways are used at once.
        """
        basic = request.headers.all("authorization")
        if len(basic) > 1 or (basic and "client_secret" in form):
            raise OAuthRefused("client-two-ways")
        name, secret = _from_basic(basic[0]) if basic else (form.get("client_id", ""), form.get("client_secret", ""))
        if basic and form.get("client_id", name) != name:
            raise OAuthRefused("client-two-ways")
        client = self.find(name)
        if client is None or not same(secret, client.secret):
            raise OAuthRefused("client-unproven", "invalid_client", 401, client=_shown(name))
        return client

    def confidential(self, request: Request, form: Mapping[str, str]) -> Client:
        """Like `authenticate`, but a public client will not do: its name proves nothing.

        Raises:
            OAuthRefused: 401 `invalid_client`.
        """
        client = self.authenticate(request, form)
        if client.public:
            raise OAuthRefused("client-public", "invalid_client", 401, client=client.id)
        return client


def _from_basic(line: str) -> tuple[str, str]:
    """Name and secret of an `Authorization: Basic` line, each of them form-encoded (RFC 6749 section 2.3.1)."""
    scheme, _, encoded = line.partition(" ")
    try:
        text = b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        text = ""
    name, mark, secret = text.partition(":")
    if scheme.lower() != "basic" or not mark:
        raise OAuthRefused("client-unproven", "invalid_client", 401, client="-")
    return unquote_plus(name), unquote_plus(secret)


def _shown(name: str) -> str:
    """A client id as far as it may stand in a trace: it came from outside."""
    return re.sub(r"[^\w.-]", "?", name, flags=re.ASCII)[:40] or "-"
