"""`envoy.yaml`: Envoy in the place of the gateway, checking JWTs by itself (`jwt_authn`).

For `SsoGateway(verify="jwks")`. Envoy's own filter checks the token; two short Lua scripts do what the pattern's
gateway does besides: they throw away claimed identities, take the token from its cookie, and put it there.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from authpatterns.adapters.export.facts import Issuer, Places, issuer_of, routes, to_yaml
from authpatterns.authn import SsoGateway
from authpatterns.authn.sso_gateway import ACCESS_COOKIE, PAGE_HEADERS
from authpatterns.browser import set_cookie
from authpatterns.deployment import Deployment

FITS = ("sso-gateway --set verify=jwks",)

PATIENCE = "10s"
LEAST_LEEWAY = 1
"""Seconds. Envoy takes 0 for its default, which is 60."""

_TYPES = "type.googleapis.com/envoy.extensions.filters"
_NOTE = """Envoy as the gateway of this deployment. Start it with
    envoy -c envoy.yaml --disable-hot-restart --concurrency 1"""


def fits(shop: Deployment) -> bool:
    """Where the gateway checks signatures itself. To ask the provider each time, Envoy would need a helper."""
    return isinstance(shop.authn, SsoGateway) and shop.authn.verify == "jwks"


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


def _listener(shop: Deployment, issuer: Issuer, places: Places) -> dict[str, Any]:
    manager = {
        "stat_prefix": "gateway",
        "normalize_path": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "route_config": {"virtual_hosts": [{"name": "shop", "domains": ["*"], "routes": _routes(shop)}]},
        "http_filters": [
            _lua("door", COOKIE=ACCESS_COOKIE, NO_COOKIE=set_cookie(ACCESS_COOKIE, "", max_age=0)),
            _filter("jwt_authn", "JwtAuthentication", _checks(shop, issuer)),
            _lua("session", NEW_COOKIE=set_cookie(ACCESS_COOKIE, "%s", max_age=issuer.lifetime)),
            _filter("router", "Router", {}),
        ],
    }
    typed = {"@type": f"{_TYPES}.network.http_connection_manager.v3.HttpConnectionManager", **manager}
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": typed}]}
    return {"name": "gateway", "address": _address(places.host, places.port), "filter_chains": [chain]}


def _checks(shop: Deployment, issuer: Issuer) -> dict[str, Any]:
    """What `jwt_authn` asks of a token."""
    assert isinstance(shop.authn, SsoGateway)
    fetch = {"http_uri": {"uri": issuer.jwks_uri, "cluster": issuer.node, "timeout": PATIENCE}}
    provider = {
        "issuer": issuer.url,
        "audiences": list(issuer.audiences),
        "remote_jwks": {**fetch, "cache_duration": f"{shop.authn.jwks_ttl}s"},
        "from_headers": [{"name": "Authorization", "value_prefix": "Bearer "}],  # and not from the query string
        "forward": True,
        "require_expiration": True,
        "clock_skew_seconds": LEAST_LEEWAY,
        "payload_in_metadata": "claims",
    }
    pages = [{"match": {"path": path, "headers": [_method("GET")]}} for path in _PAGES]
    everything = {"match": {"prefix": "/"}, "requires": {"provider_name": issuer.node}}
    return {"providers": {issuer.node: provider}, "rules": [*pages, everything]}


_PAGES = ("/callback", "/signed-out")


def _routes(shop: Deployment) -> list[dict[str, Any]]:
    """The page's own addresses, then each service below its prefix; nothing else."""
    page = {"status": 200, "body": {"inline_string": "<!doctype html><title>shop</title>"}}
    headers = [
        {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
        for name, value in PAGE_HEADERS
    ]
    shown = [
        {
            "match": {"path": path, "headers": [_method("GET")]},
            "direct_response": page,
            "response_headers_to_add": headers,
        }
        for path in _PAGES
    ]
    forwarded = [
        {"match": {"path_separated_prefix": prefix}, "route": {"cluster": name, "timeout": PATIENCE}}
        for prefix, name in routes(shop).items()
    ]
    nothing = {"status": 404, "body": {"inline_string": json.dumps({"error": "not_found"})}}
    return [*shown, *forwarded, {"match": {"prefix": "/"}, "direct_response": nothing}]


def _method(name: str) -> dict[str, Any]:
    return {"name": ":method", "string_match": {"exact": name}}


def _lua(script: str, **settings: str) -> dict[str, Any]:
    """A Lua filter: the settings as constants, then the script."""
    head = "".join(f"local {name} = {json.dumps(value)}\n" for name, value in settings.items())
    body = resources.files(__package__).joinpath("lua", f"{script}.lua").read_text("utf-8")
    return _filter("lua", "Lua", {"default_source_code": {"inline_string": head + body}}, name=script)


def _filter(kind: str, message: str, config: dict[str, Any], name: str = "") -> dict[str, Any]:
    typed = {"@type": f"{_TYPES}.http.{kind}.v3.{message}", **config}
    return {"name": name or f"envoy.filters.http.{kind}", "typed_config": typed}


def _cluster(name: str, host: str, port: int) -> dict[str, Any]:
    endpoint = {"lb_endpoints": [{"endpoint": {"address": _address(host, port)}}]}
    assignment = {"cluster_name": name, "endpoints": [endpoint]}
    return {"name": name, "type": "STRICT_DNS", "connect_timeout": "1s", "load_assignment": assignment}


def _address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}
