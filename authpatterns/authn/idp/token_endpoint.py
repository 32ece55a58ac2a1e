"""The token endpoint: three kinds of grant in, tokens out (RFC 6749 section 3.2, RFC 8693). Asks nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from authpatterns import tokens
from authpatterns.authn.idp.clients import Client
from authpatterns.authn.idp.grants import Authorization, Code, Grants
from authpatterns.authn.idp.minting import Mint
from authpatterns.authn.idp.refusals import NEVER_STORED, OAuthRefused, demand
from authpatterns.authn.oidc import ACCESS_TOKEN, JWT, TOKEN_EXCHANGE, challenge, is_verifier, same
from authpatterns.errors import TokenRefused
from authpatterns.messages import Response

Form = dict[str, str]

GRANT_TYPES = ("authorization_code", "refresh_token", TOKEN_EXCHANGE)


class TokenEndpoint:
    """Redeems codes and refresh tokens, and exchanges tokens.

    Args:
        mint: Makes the tokens.
        grants: Knows what they stand for.
    """

    def __init__(self, mint: Mint, grants: Grants) -> None:
        self.mint, self.grants = mint, grants

    def answer(self, client: Client, form: Form) -> Response:
        """Tokens for `client`, which has proved who it is.

        Raises:
            OAuthRefused: no.
        """
        kind = demand(form, "grant_type")
        if kind == "authorization_code":
            return self._redeem_code(client, form)
        if kind == "refresh_token":
            return self._refresh(client, form)
        if kind == TOKEN_EXCHANGE:
            return self._exchange(client, form)
        raise OAuthRefused("grant-type", "unsupported_grant_type")

    # --- authorization code

    def _redeem_code(self, client: Client, form: Form) -> Response:
        code = self.grants.take_code(demand(form, "code"), self.mint.node.now)
        request = code.request
        if request.back.client.id != client.id:
            raise OAuthRefused("code-client", "invalid_grant", client=client.id)
        if form.get("redirect_uri") != request.back.uri:
            raise OAuthRefused("code-redirect", "invalid_grant", client=client.id)
        _check_verifier(request.challenge, form.get("code_verifier"))
        if code.login.over:
            raise OAuthRefused("code-expired", "invalid_grant", client=client.id)
        given = self.grants.begin(self._new_reference(), code, self.mint.node.now)
        code.login.clients[client.id] = None
        self.mint.node.note("idp.code-redeemed", client=client.id, page=client.public, subject=given.user)
        return self._hand_out(client, given, code=code)

    # --- refresh

    def _refresh(self, client: Client, form: Form) -> Response:
        token = demand(form, "refresh_token")
        before = self.grants.behind_refresh(token, client.id, self.mint.node.now)
        scopes = _narrowed(form, before.scopes) if before is not None else ()
        given = self.grants.redeem_refresh(token, client.id, self.mint.node.now)
        self.mint.node.note("idp.refreshed", client=client.id, page=client.public, subject=given.user)
        return self._hand_out(client, given, scopes=scopes)

    # --- exchange

    def _exchange(self, client: Client, form: Form) -> Response:
        """A token for another audience, on behalf of the same person; the exchanging client becomes the actor."""
        if client.public or not client.exchange_targets:
            raise OAuthRefused("exchange-client", "unauthorized_client", client=client.id)
        claims, given = self._subject(client, form)
        actor = self._actor(client, form, claims)
        target = form.get("audience") or form.get("resource") or ""
        if target not in client.exchange_targets or ("audience" in form and "resource" in form):
            raise OAuthRefused("exchange-target", "invalid_target", client=client.id)
        if form.get("requested_token_type", ACCESS_TOKEN) not in (ACCESS_TOKEN, JWT):
            raise OAuthRefused("exchange-type")
        granted = [scope for scope in str(claims.get("scope", "")).split() if scope != "openid"]
        scopes = _narrowed(form, granted)
        left = min(self.mint.lifetime, int(claims["exp"]) - int(self.mint.node.now))
        token = self.mint.access_token(given, target, scopes=scopes, client=client.id, lifetime=left, act=actor)
        self.mint.node.note("idp.exchanged", client=client.id, subject=given.user, audience=target)
        issued = form.get("requested_token_type", ACCESS_TOKEN)
        return _answer(token, left, scopes, issued_token_type=issued)

    def _subject(self, client: Client, form: Form) -> tuple[dict[str, Any], Authorization]:
        """Claims of the token to exchange, and what stands behind it."""
        token, kind = demand(form, "subject_token"), demand(form, "subject_token_type")
        claims, given = self._ours(token, kind, "subject_token")
        audiences = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
        if claims["client_id"] != client.id and not any(name in audiences for name in client.serves):
            raise OAuthRefused("exchange-foreign", client=client.id)
        return claims, given

    def _actor(self, client: Client, form: Form, subject: dict[str, Any]) -> dict[str, Any]:
        """`act` of the new token: who acts now, and inside it who acted before (RFC 8693 section 4.1)."""
        if ("actor_token" in form) != ("actor_token_type" in form):
            raise OAuthRefused("exchange-actor-type")
        actor = client.id
        if "actor_token" in form:
            actor = str(self._ours(form["actor_token"], form["actor_token_type"], "actor_token")[0]["sub"])
        allowed = subject.get("may_act")
        if allowed is not None and (not isinstance(allowed, dict) or allowed.get("sub") != actor):
            raise OAuthRefused("exchange-may-act", client=client.id)
        before = {"act": subject["act"]} if isinstance(subject.get("act"), dict) else {}
        return {"sub": actor, **before}

    def _ours(self, token: str, kind: str, name: str) -> tuple[dict[str, Any], Authorization]:
        if kind not in (ACCESS_TOKEN, JWT):
            raise OAuthRefused("exchange-type")
        try:
            return self.mint.read_access_token(token)
        except TokenRefused as refusal:
            raise OAuthRefused("exchange-token", name=name, reason=refusal.code) from None

    # --- out

    def _hand_out(
        self, client: Client, given: Authorization, *, code: Code | None = None, scopes: Sequence[str] | None = None
    ) -> Response:
        scopes = given.scopes if scopes is None else scopes
        access = self.mint.access_token(given, client.audience, scopes=scopes)
        more = {}
        if "openid" in scopes:
            more["id_token"] = self.mint.id_token(given, code.request.nonce if code else "", access)
        if client.refresh:
            more["refresh_token"] = self._new_reference()
            self.grants.add_refresh(more["refresh_token"], given)
        return _answer(access, self.mint.lifetime, scopes, **more)

    def _new_reference(self) -> str:
        return tokens.reference(self.mint.node.chance)


def _answer(token: str, lifetime: int, scopes: Sequence[str], **more: str) -> Response:
    body = {"access_token": token, "token_type": "Bearer", "expires_in": lifetime, "scope": " ".join(scopes), **more}
    return Response.of(body, headers=NEVER_STORED)


def _check_verifier(challenged: str, verifier: str | None) -> None:
    """RFC 7636 section 4.6; a verifier that nobody asked for is a downgrade (RFC 9700 section 4.8.2)."""
    if not challenged and verifier is not None:
        raise OAuthRefused("verifier-unasked", "invalid_grant")
    if challenged and verifier is None:
        raise OAuthRefused("verifier-missing", "invalid_grant")
    if verifier is not None and not is_verifier(verifier):
        raise OAuthRefused("verifier-malformed")
    if verifier is not None and not same(challenge(verifier), challenged):
        raise OAuthRefused("verifier-wrong", "invalid_grant")


def _narrowed(form: Form, granted: Sequence[str]) -> tuple[str, ...]:
    """The scopes asked for, all of which must have been granted (RFC 6749 section 6)."""
    if "scope" not in form:
        return tuple(granted)
    wished = form["scope"].split(" ")
    if not all(scope in granted for scope in wished):
        raise OAuthRefused("scope-wider", "invalid_scope")
    return tuple(scope for scope in granted if scope in wished)
