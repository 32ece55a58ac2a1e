"""`envoy.yaml`: Envoy in the place of the gateway, checking JWTs by itself (`jwt_authn`).

For `SsoGateway(verify="jwks")`, and for `AwsJwtAuthorizer(api="http")`, where Envoy is gateway and authorizer at once.
Envoy's own filter checks the token; short Lua scripts before and after it do what the pattern's gateway does besides.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from authpatterns.adapters.export.facts import Issuer, Places, issuer_of, routes, to_yaml
from authpatterns.authn import AwsJwtAuthorizer, SsoGateway
from authpatterns.authn.aws_jwt_authorizer import (
    AUTHORIZER,
    CONTEXT,
    JWKS_PATIENCE,
    ORIGIN_SECRET,
    ORIGIN_SECRET_VALUE,
)
from authpatterns.authn.sso_gateway import ACCESS_COOKIE, PAGE_HEADERS
from authpatterns.browser import set_cookie
from authpatterns.deployment import Deployment

FITS = ("sso-gateway --set verify=jwks", "aws-jwt-authorizer")

PATIENCE = 10.0
"""Seconds to wait for a service, or for keys where the pattern does not say."""
LEAST_LEEWAY = 1
"""Seconds. Envoy takes 0 for its default, which is 60."""

_TYPES = "type.googleapis.com/envoy.extensions.filters"
_NOTE = """Envoy as the gateway of this deployment. Start it with
    envoy -c envoy.yaml --disable-hot-restart --concurrency 1"""


def fits(shop: Deployment) -> bool:
    """Where the gateway checks signatures itself. To ask the provider each time, Envoy would need a helper."""
    match shop.authn:
        case SsoGateway(verify="jwks") | AwsJwtAuthorizer(api="http"):
            return True
    return False


def replaces(shop: Deployment) -> tuple[str, ...]:
    """The nodes whose work Envoy does."""
    return ("gateway", AUTHORIZER) if isinstance(shop.authn, AwsJwtAuthorizer) else ("gateway",)


def files(shop: Deployment, places: Places) -> dict[str, str]:
    """`envoy.yaml`."""
    issuer = issuer_of(shop)
    upstreams = [*dict.fromkeys(routes(shop).values()), issuer.node]
    config = {
        "static_resources": {
            "listeners": [_listener(shop, issuer, places)],
            "clusters": [_cluster(name, *places.address(name)) for name in upstreams],
        }
    }
    return {"envoy.yaml": to_yaml(config, _NOTE)}


# --- what each pattern's gateway does


@dataclass(frozen=True)
class _Gateway:
    """What is special to a pattern.

    Attributes:
        before, after: The filters around `jwt_authn`.
        pages: The paths that Envoy answers itself, to everybody.
        jwks_ttl: For how many seconds keys are kept.
        patience: For how many seconds keys are waited for.
    """

    before: dict[str, Any]
    after: dict[str, Any]
    pages: Sequence[str]
    jwks_ttl: float
    patience: float


def _gateway(shop: Deployment, issuer: Issuer) -> _Gateway:
    authn = shop.authn
    if isinstance(authn, AwsJwtAuthorizer):
        names = {"CONTEXT": CONTEXT, "ORIGIN_SECRET": ORIGIN_SECRET}
        before = _lua("aws_door", **names)
        after = _lua("aws_context", **names, ORIGIN_SECRET_VALUE=ORIGIN_SECRET_VALUE, SCOPES=authn.scopes)
        return _Gateway(before, after, (), authn.key_cache, JWKS_PATIENCE)
    assert isinstance(authn, SsoGateway)
    before = _lua("door", COOKIE=ACCESS_COOKIE, NO_COOKIE=set_cookie(ACCESS_COOKIE, "", max_age=0))
    after = _lua("session", NEW_COOKIE=set_cookie(ACCESS_COOKIE, "%s", max_age=issuer.lifetime))
    return _Gateway(before, after, ("/callback", "/signed-out"), authn.jwks_ttl, PATIENCE)


# --- the configuration


def _listener(shop: Deployment, issuer: Issuer, places: Places) -> dict[str, Any]:
    gateway = _gateway(shop, issuer)
    manager = {
        "stat_prefix": "gateway",
        "normalize_path": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "route_config": {"virtual_hosts": [{"name": "shop", "domains": ["*"], "routes": _routes(shop, gateway)}]},
        "http_filters": [
            gateway.before,
            _filter("jwt_authn", "JwtAuthentication", _checks(issuer, gateway)),
            gateway.after,
            _filter("router", "Router", {}),
        ],
    }
    typed = {"@type": f"{_TYPES}.network.http_connection_manager.v3.HttpConnectionManager", **manager}
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": typed}]}
    return {"name": "gateway", "address": _address(places.host, places.port), "filter_chains": [chain]}


def _checks(issuer: Issuer, gateway: _Gateway) -> dict[str, Any]:
    """What `jwt_authn` asks of a token."""
    source = {"uri": issuer.jwks_uri, "cluster": issuer.node, "timeout": _seconds(gateway.patience)}
    provider = {
        "issuer": issuer.url,
        "audiences": list(issuer.audiences),
        "remote_jwks": {"http_uri": source, "cache_duration": _seconds(gateway.jwks_ttl)},
        "from_headers": [{"name": "Authorization", "value_prefix": "Bearer "}],  # and not from the query string
        "forward": True,
        "require_expiration": True,
        "clock_skew_seconds": LEAST_LEEWAY,
        "payload_in_metadata": "claims",
    }
    open_to_all = [{"match": _page(path)} for path in gateway.pages]
    everything = {"match": {"prefix": "/"}, "requires": {"provider_name": issuer.node}}
    return {"providers": {issuer.node: provider}, "rules": [*open_to_all, everything]}


def _routes(shop: Deployment, gateway: _Gateway) -> list[dict[str, Any]]:
    """The page's own addresses, then each service below its prefix; nothing else."""
    headers = [
        {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
        for name, value in PAGE_HEADERS
    ]
    shown = [
        {
            "match": _page(path),
            "direct_response": _answer(200, "<!doctype html><title>shop</title>"),
            "response_headers_to_add": headers,
        }
        for path in gateway.pages
    ]
    forwarded = [
        {"match": {"path_separated_prefix": prefix}, "route": {"cluster": name, "timeout": _seconds(PATIENCE)}}
        for prefix, name in routes(shop).items()
    ]
    nothing = _answer(404, json.dumps({"error": "not_found"}))
    return [*shown, *forwarded, {"match": {"prefix": "/"}, "direct_response": nothing}]


def _page(path: str) -> dict[str, Any]:
    return {"path": path, "headers": [{"name": ":method", "string_match": {"exact": "GET"}}]}


def _answer(status: int, body: str) -> dict[str, Any]:
    return {"status": status, "body": {"inline_string": body}}


def _seconds(number: float) -> str:
    return f"{number:g}s"


def _lua(script: str, **settings: str | Sequence[str]) -> dict[str, Any]:
    """A Lua filter: the settings as constants, then the script."""
    head = "".join(f"local {name} = {_in_lua(value)}\n" for name, value in settings.items())
    body = resources.files(__package__).joinpath("lua", f"{script}.lua").read_text("utf-8")
    return _filter("lua", "Lua", {"default_source_code": {"inline_string": head + body}}, name=script)


def _in_lua(value: str | Sequence[str]) -> str:
    return json.dumps(value) if isinstance(value, str) else "{" + ", ".join(map(json.dumps, value)) + "}"


def _filter(kind: str, message: str, config: dict[str, Any], name: str = "") -> dict[str, Any]:
    typed = {"@type": f"{_TYPES}.http.{kind}.v3.{message}", **config}
    return {"name": name or f"envoy.filters.http.{kind}", "typed_config": typed}


def _cluster(name: str, host: str, port: int) -> dict[str, Any]:
    endpoint = {"lb_endpoints": [{"endpoint": {"address": _address(host, port)}}]}
    assignment = {"cluster_name": name, "endpoints": [endpoint]}
    return {"name": name, "type": "STRICT_DNS", "connect_timeout": "1s", "load_assignment": assignment}


def _address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}
