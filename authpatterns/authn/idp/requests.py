"""Reading an authorization request (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1).

First where an answer may go at all, then whether the rest makes sense.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from authpatterns.authn.idp.clients import Client, Clients
from authpatterns.authn.idp.refusals import OAuthRefused, demand
from authpatterns.authn.oidc import is_challenge
from authpatterns.messages import Response, with_query

PROMPTS = ("none", "login")


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """Where the answer goes.

    Attributes:
        client: Who asked.
        uri: One of the client's registered addresses.
        state: Comes back unchanged.
        issuer: Says who answers, so that two providers cannot be mixed up (RFC 9207).
    """

    client: Client
    uri: str
    state: str
    issuer: str

    @classmethod
    def read(cls, asked: dict[str, str], clients: Clients, issuer: str) -> ReturnAddress:
        """From the parameters of a request.

        Raises:
            OAuthRefused: the client or the address is not registered. Nothing may be sent to that address then, not
                even an error (RFC 6749 section 4.1.2.1).
        """
        client = clients.find(demand(asked, "client_id"))
        if client is None:
            raise OAuthRefused("client-unknown")
        uri = demand(asked, "redirect_uri")
        if uri not in client.redirect_uris:
            raise OAuthRefused("redirect-uri", client=client.id)
        return cls(client, uri, asked.get("state", ""), issuer)

    def redirect(self, **answer: str) -> Response:
        """Send the browser there with `answer`. The address it leaves is told to nobody."""
        state = {"state": self.state} if self.state else {}
        address = with_query(self.uri, **answer, **state, iss=self.issuer)
        response = Response.redirect(address)
        return response.with_header("cache-control", "no-store").with_header("referrer-policy", "no-referrer")


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a client asks for on behalf of whoever sits at the browser.

    Attributes:
        back: Where the answer goes.
        scopes: Those of the wished-for scopes that the client may have.
        challenge: PKCE S256, or "" from a client that may leave it out.
        nonce: Comes back in the ID token.
        prompt: "none" (do not show a page), "login" (ask for the password again) or "".
        max_age: How many seconds ago the password may have been typed, or None.
        hint: `id_token_hint`: whom the client expects, or "".
    """

    back: ReturnAddress
    scopes: tuple[str, ...]
    challenge: str
    nonce: str = ""
    prompt: str = ""
    max_age: int | None = None
    hint: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str], back: ReturnAddress) -> AuthorizationRequest:
        """From the parameters of a request.

        Raises:
            OAuthRefused: the client is told by a redirect.
        """
        _only_plain_code(asked)
        return cls(
            back,
            _scopes(asked, back.client),
            _challenge(asked, back.client),
            asked.get("nonce", ""),
            _prompt(asked),
            _max_age(asked),
            asked.get("id_token_hint", ""),
        )


def _only_plain_code(asked: Mapping[str, str]) -> None:
    if "response_type" not in asked:
        raise OAuthRefused("parameter-missing", name="response_type")
    if asked["response_type"] != "code":
        raise OAuthRefused("response-type", "unsupported_response_type")
    if asked.get("response_mode", "query") != "query":
        raise OAuthRefused("response-mode")
    for name in ("request", "request_uri", "registration"):
        if name in asked:
            raise OAuthRefused("not-supported", f"{name}_not_supported", name=name)


def _challenge(asked: Mapping[str, str], client: Client) -> str:
    if "code_challenge" not in asked:
        if client.require_pkce or "code_challenge_method" in asked:
            raise OAuthRefused("pkce-missing", client=client.id)
        return ""
    if asked.get("code_challenge_method", "plain") != "S256":
        raise OAuthRefused("pkce-method")
    if not is_challenge(asked["code_challenge"]):
        raise OAuthRefused("pkce-challenge")
    return asked["code_challenge"]


def _scopes(asked: Mapping[str, str], client: Client) -> tuple[str, ...]:
    """Those wished for that the client may have: others are left out, and the answer says which are granted."""
    wished = asked.get("scope", " ".join(client.scopes)).split(" ")
    granted = tuple(scope for scope in client.scopes if scope in wished)
    if not granted:
        raise OAuthRefused("scope", "invalid_scope", client=client.id)
    return granted


def _prompt(asked: Mapping[str, str]) -> str:
    prompt = asked.get("prompt", "")
    if prompt and prompt not in PROMPTS:
        raise OAuthRefused("prompt")
    return prompt


def _max_age(asked: Mapping[str, str]) -> int | None:
    text = asked.get("max_age")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise OAuthRefused("max-age")
    return int(text)
