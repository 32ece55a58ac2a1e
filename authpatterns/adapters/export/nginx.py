"""`nginx.conf` and `gateway.js`: nginx with njs in the place of the gateway that trades opaque tokens for JWTs.

For `JwtGateway`. nginx itself knows no tokens: the script asks the auth service what a token stands for (RFC 7662), and
nginx's own cache remembers the answer for as long as the pattern's `cache` says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources

from authpatterns.adapters.export.facts import Places, issuer_of, routes
from authpatterns.authn import JwtGateway
from authpatterns.authn.delivery import access_cookie
from authpatterns.authn.jwt_gateway import GATEWAY_CREDENTIAL, INTROSPECTION, ON_THE_WAY
from authpatterns.deployment import Deployment

FITS = ("jwt-gateway",)

MODULE = "/usr/lib/nginx/modules/ngx_http_js_module.so"
"""Where Debian's package and the official image keep njs."""


def fits(shop: Deployment) -> bool:
    """Where the gateway trades opaque tokens."""
    return isinstance(shop.authn, JwtGateway)


def replaces(shop: Deployment) -> tuple[str, ...]:
    """The nodes whose work nginx does."""
    return ("gateway",)


def files(shop: Deployment, places: Places) -> dict[str, str]:
    """`nginx.conf`, and the script that it imports."""
    authn = shop.authn
    assert isinstance(authn, JwtGateway)
    constants = {"COOKIE": access_cookie(authn.keep), "REMEMBER": authn.cache > 0, "ON_THE_WAY": ON_THE_WAY}
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in constants.items())
    script = resources.files(__package__).joinpath("njs", "gateway.js").read_text("utf-8")
    return {"nginx.conf": "\n".join(_config(shop, authn, places)) + "\n", "gateway.js": head + script}


def _config(shop: Deployment, authn: JwtGateway, places: Places) -> Iterable[str]:
    issuer, owners = issuer_of(shop).node, routes(shop)
    yield "# nginx as the gateway of this deployment. Start it in this folder with"
    yield "#     nginx -p . -c nginx.conf -g 'daemon off;'"
    yield f"load_module {MODULE};"
    yield "worker_processes 1;"
    yield "pid nginx.pid;"
    yield "error_log stderr warn;"
    yield "events { worker_connections 512; }"
    yield "http {"
    yield "  access_log off;"
    yield "  js_import gateway from gateway.js;"
    yield '  js_var $inner_jwt "";'
    yield '  js_var $token_hash "";'
    for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
        yield f"  {name}_temp_path temp_{name};"
    if authn.cache:
        yield "  proxy_cache_path remembered keys_zone=remembered:1m max_size=8m;"
    for name in dict.fromkeys([*owners.values(), issuer]):
        host, port = places.address(name)
        yield f"  upstream {name} {{ server {host}:{port}; keepalive 16; }}"
    yield "  server {"
    yield f"    listen {places.host}:{places.port};"
    yield "    merge_slashes off;"
    yield "    client_max_body_size 1m;"
    yield "    proxy_http_version 1.1;"
    yield "    proxy_set_header Connection '';"
    yield "    proxy_set_header Host $http_host;"
    yield "    error_page 502 504 =503 @unavailable;"
    yield '    location / { default_type application/json; return 404 \'{"error":"not_found"}\'; }'
    yield "    location @unavailable { internal; default_type application/json;"
    yield '      return 503 \'{"error":"temporarily_unavailable"}\'; }'
    yield f"    location ~ ^/auth(/|$) {{ proxy_pass http://{issuer}; }}"
    for prefix, name in owners.items():
        yield f"    location ~ ^{prefix}(/|$) {{ set $service {name}; js_content gateway.trade; }}"
        yield from _forward(name)
    yield from _ask("/_fresh", issuer)
    if authn.cache:
        yield from _ask("/_remembered", issuer, remember=authn.cache)
    yield "  }"
    yield "}"


def _forward(name: str) -> Iterable[str]:
    """To the service, with the JWT and without the cookie. A location with headers of its own inherits none."""
    yield f"    location @{name} {{ internal; proxy_pass http://{name};"
    yield "      proxy_set_header Connection ''; proxy_set_header Host $http_host; proxy_set_header Cookie '';"
    yield '      proxy_set_header Authorization "Bearer $inner_jwt"; }'


def _ask(location: str, issuer: str, remember: int = 0) -> Iterable[str]:
    """The introspection request; the token travels in its body, because an address ends up in logs."""
    yield f"    location = {location} {{ internal; proxy_pass http://{issuer}{INTROSPECTION};"
    yield "      proxy_method POST; proxy_pass_request_headers off; proxy_set_header Connection '';"
    yield "      proxy_set_header Content-Type application/x-www-form-urlencoded;"
    yield f'      proxy_set_header Authorization "{GATEWAY_CREDENTIAL}";'
    if remember:
        yield "      proxy_cache remembered; proxy_cache_methods POST; proxy_cache_key $token_hash;"
        yield f"      proxy_ignore_headers Cache-Control Expires Vary; proxy_cache_valid 200 {remember}s;"
    yield "    }"
