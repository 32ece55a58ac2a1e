"""`kong.yml`: Kong Gateway without a database, in the place of the gateway of the SSO pattern.

With `verify="jwks"` the bundled plugin `jwt` checks tokens with the issuer's public key, which stands in the file. With
`verify="introspection"` the plugin `openid-connect` of Kong's Enterprise edition asks the provider on every request.

Kong itself was not run. The Lua pieces and the shape of the file are tested; that Kong takes them is not.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from authpatterns.adapters.export.facts import Issuer, Places, issuer_of, routes, to_yaml
from authpatterns.authn import SsoGateway
from authpatterns.authn.sso_gateway import ACCESS_COOKIE, GATEWAY, PAGE_HEADERS
from authpatterns.browser import set_cookie
from authpatterns.deployment import Deployment
from authpatterns.keys import SigningKey, implementations

FITS = ("sso-gateway", "sso-gateway --set verify=jwks")

_NOTE = """Kong Gateway as the gateway of this deployment. It was written from the deployment and was not run.
    KONG_DATABASE=off KONG_DECLARATIVE_CONFIG=kong.yml kong start"""


def fits(shop: Deployment) -> bool:
    """Where the gateway has JWTs checked, or checks them itself and the key is known beforehand."""
    authn = shop.authn
    return isinstance(authn, SsoGateway) and (authn.verify == "introspection" or issuer_of(shop).keys is not None)


def files(shop: Deployment, places: Places) -> dict[str, str]:
    """`kong.yml`."""
    authn, issuer = shop.authn, issuer_of(shop)
    assert isinstance(authn, SsoGateway)
    checked = [*_door(), _by_key() if authn.verify == "jwks" else _by_question(issuer, places)]
    services = [
        {
            "name": name,
            "url": places.nodes[name],
            "retries": 0,
            "routes": [{"name": name, "paths": [f"~{prefix}(?:/|$)"], "strip_path": False, "preserve_host": True}],
            "plugins": checked,
        }
        for prefix, name in routes(shop).items()
    ]
    config: dict[str, Any] = {"_format_version": "3.0", "services": services, "routes": _pages(authn, issuer, checked)}
    if authn.verify == "jwks":
        config["consumers"] = [_consumer(issuer)]
    return {"kong.yml": to_yaml(config, _NOTE)}


def _door() -> list[dict[str, Any]]:
    """What the pattern's gateway does before it decides."""
    return [{"name": "pre-function", "config": {"access": [_script("kong_door", COOKIE=ACCESS_COOKIE)]}}]


def _by_key() -> dict[str, Any]:
    return {
        "name": "jwt",
        "config": {
            "key_claim_name": "iss",
            "claims_to_verify": ["exp", "nbf"],
            "uri_param_names": [],  # not from the query string
            "header_names": ["authorization"],
        },
    }


def _by_question(issuer: Issuer, places: Places) -> dict[str, Any]:
    endpoint = {"introspection_endpoint": f"{places.nodes[issuer.node]}/introspect"} if issuer.keys else {}
    return {
        "name": "openid-connect",
        "config": {
            "issuer": issuer.url,
            "issuers_allowed": [issuer.url],
            "auth_methods": ["introspection"],
            **endpoint,  # another provider's is found by its metadata
            "cache_introspection": False,  # the pattern asks on every request
            "client_id": [GATEWAY.id],
            "client_secret": [GATEWAY.secret],
            "audience_required": list(issuer.audiences),
            "bearer_token_param_type": ["header"],
        },
    }


def _consumer(issuer: Issuer) -> dict[str, Any]:
    """The issuer, as Kong knows it: one key, found by `iss` alone, so a rotation needs a new file."""
    assert issuer.keys is not None
    key = issuer.keys.signing
    secret = {"key": issuer.url, "algorithm": key.algorithm, "rsa_public_key": _pem(key)}
    return {"username": issuer.node, "jwt_secrets": [secret]}


def _pages(authn: SsoGateway, issuer: Issuer, checked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The page's own addresses, which no service answers."""
    headers = [f"{name}:{value}" for name, value in PAGE_HEADERS if name != "content-type"]
    page = {
        "status_code": 200,
        "content_type": "text/html; charset=utf-8",
        "body": "<!doctype html><title>shop</title>",
    }
    cookies = {
        "NEW_COOKIE": set_cookie(ACCESS_COOKIE, "%s", max_age=authn.lifetime),
        "NO_COOKIE": set_cookie(ACCESS_COOKIE, "", max_age=0),
    }
    answer = {"name": "post-function", "config": {"access": [_script("kong_session", **cookies)]}}
    shown = [
        {"name": "request-termination", "config": page},
        {"name": "response-transformer", "config": {"add": {"headers": headers}}},
    ]
    return [
        {"name": "page", "paths": ["~/(?:callback|signed-out)$"], "methods": ["GET"], "plugins": shown},
        {"name": "keep", "paths": ["~/session$"], "methods": ["POST"], "plugins": [*checked[1:], answer]},
        {"name": "forget", "paths": ["~/session$"], "methods": ["DELETE"], "plugins": [answer]},
    ]


def _script(name: str, **settings: str) -> str:
    head = "".join(f"local {key} = {json.dumps(value)}\n" for key, value in settings.items())
    return head + resources.files(__package__).joinpath("lua", f"{name}.lua").read_text("utf-8")


def _pem(key: SigningKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415  (as in keys)

    public: Any = implementations()[key.algorithm].from_jwk(key.public_jwk())
    text: str = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return text
