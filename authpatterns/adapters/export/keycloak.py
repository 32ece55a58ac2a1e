"""`realm.json`: a Keycloak realm with the accounts, clients and lifetimes of a deployment.

For the patterns whose tokens a real identity provider could sign. A user's id is the user name, so `sub` says the same
as in the model; tenant, roles and audience come from protocol mappers.
"""

from __future__ import annotations

from typing import Any

from authpatterns.adapters.export.facts import Places, issuer_of, to_json
from authpatterns.authn import AwsJwtAuthorizer, Jwt, Sso, SsoGateway
from authpatterns.authn.auth_service import CLIENT, AuthService
from authpatterns.authn.idp import Client, IdentityProvider
from authpatterns.deployment import Deployment
from authpatterns.pattern import SHOP

FITS = ("sso", "sso-gateway", "jwt", "aws-jwt-authorizer")

REALM = "shop"

_CLAIM = {"access.token.claim": "true", "id.token.claim": "true", "userinfo.token.claim": "true"}


def fits(shop: Deployment) -> bool:
    """Where signed tokens reach the client."""
    return isinstance(shop.authn, (Sso, SsoGateway, Jwt, AwsJwtAuthorizer))


def files(shop: Deployment, places: Places) -> dict[str, str]:
    """`realm.json`, for `kc.sh start-dev --import-realm`."""
    issuer, node = issuer_of(shop), shop.node(shop.authn.issuer)
    clients = _clients(node)
    audiences = (*issuer.audiences, *(client.id for client in clients if client.serves))  # Keycloak tells nobody else
    roles = sorted({role for person in shop.people.values() for role in person.roles})
    realm = {
        "realm": REALM,
        "enabled": True,
        "sslRequired": "external",
        "defaultSignatureAlgorithm": issuer.keys.signing.algorithm if issuer.keys else "RS256",
        "accessTokenLifespan": issuer.lifetime,
        **_sign_in_lifetimes(node),
        "revokeRefreshToken": True,
        "refreshTokenMaxReuse": 0,
        "roles": {"realm": [{"name": role} for role in roles]},
        "users": [_user(person) for person in shop.people.values()],
        "clients": [_client(client, audiences) for client in clients],
    }
    return {"realm.json": to_json(realm)}


def _sign_in_lifetimes(node: Any) -> dict[str, int]:
    """After how many seconds the password is asked for again."""
    if isinstance(node, IdentityProvider):
        return {"ssoSessionMaxLifespan": node.logins.lifetime, "ssoSessionIdleTimeout": node.logins.idle}
    return {"ssoSessionMaxLifespan": node.refresh_lifetime, "ssoSessionIdleTimeout": node.refresh_lifetime}


def _clients(node: Any) -> list[Client]:
    """The registered clients; where the auth service has none, the shop's own page."""
    if isinstance(node, AuthService):
        return [Client(id=CLIENT, redirect_uris=(f"{SHOP}/callback",), refresh=True)]
    return list(node.clients)


def _user(person: Any) -> dict[str, Any]:
    return {
        "id": person.name,
        "username": person.name,
        "enabled": True,
        "emailVerified": True,
        "email": f"{person.name}@shop.example",
        "firstName": person.name,
        "lastName": person.tenant,
        "attributes": {"tenant": [person.tenant]},
        "credentials": [{"type": "password", "value": person.password, "temporary": False}],
        "realmRoles": list(person.roles),
    }


def _client(client: Client, audiences: tuple[str, ...]) -> dict[str, Any]:
    """A client; one that nobody is sent back to only introspects."""
    signs_in = bool(client.redirect_uris)
    attributes = {"access.token.header.type.rfc9068": "true"}
    if client.require_pkce and signs_in:
        attributes["pkce.code.challenge.method"] = "S256"
    if client.post_logout_redirect_uris:
        attributes["post.logout.redirect.uris"] = "##".join(client.post_logout_redirect_uris)
    if client.backchannel_logout_uri:
        attributes |= {
            "backchannel.logout.url": client.backchannel_logout_uri,
            "backchannel.logout.session.required": "true",
        }
    secret = {} if client.public else {"secret": client.secret}
    return {
        "clientId": client.id,
        "enabled": True,
        "protocol": "openid-connect",
        "publicClient": client.public,
        **secret,
        "standardFlowEnabled": signs_in,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": client.id == CLIENT and client.refresh,
        "serviceAccountsEnabled": not signs_in,
        "fullScopeAllowed": True,
        "redirectUris": list(client.redirect_uris),
        "webOrigins": list(client.origins),
        "attributes": attributes,
        "protocolMappers": _mappers(client, audiences) if signs_in else [],
    }


def _mappers(client: Client, audiences: tuple[str, ...]) -> list[dict[str, Any]]:
    """What makes Keycloak's access token say what the model's says (RFC 9068)."""
    tenant = {"user.attribute": "tenant", "claim.name": "tenant", "jsonType.label": "String"}
    roles = {"claim.name": "roles", "jsonType.label": "String", "multivalued": "true"}
    name = {"claim.name": "client_id", "claim.value": client.id, "jsonType.label": "String"}
    audience = [
        _mapper(f"audience {number}", "oidc-audience-mapper", {"included.custom.audience": wanted} | _ACCESS)
        for number, wanted in enumerate(audiences, 1)
    ]
    return [
        *audience,
        _mapper("tenant", "oidc-usermodel-attribute-mapper", tenant | _CLAIM),
        _mapper("roles", "oidc-usermodel-realm-role-mapper", roles | _CLAIM),
        _mapper("client_id", "oidc-hardcoded-claim-mapper", name | _ACCESS),
    ]


_ACCESS = {"access.token.claim": "true", "id.token.claim": "false"}


def _mapper(name: str, kind: str, config: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "protocol": "openid-connect", "protocolMapper": kind, "config": config}
