"""The realm file as the command writes it, in a real Keycloak: its tokens are what the pattern's services accept."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from authpatterns import tokens
from authpatterns.__main__ import main
from authpatterns.adapters.parts import keycloak
from authpatterns.authn.auth_service import AUDIENCE, CLIENT

PUBLIC = "https://shop.example"
ENDPOINT = "/realms/shop/protocol/openid-connect"


@pytest.fixture(scope="module")
def server(parts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("realm")
    settings = ["--set", "lifetime=300", "--set", "refresh_lifetime=7200"]
    assert main(["export", "jwt", "distributed", "--to", "keycloak", *settings, str(folder)]) == 0
    realms = {"shop": (folder / "realm.json").read_text("utf-8")}
    with parts.prepared("keycloak", lambda: keycloak.running(realms, public=PUBLIC), fetch=keycloak.fetch) as part:
        yield part


def sign_in(server, name, password):
    """What the page of the pattern does, in Keycloak's words: the password grant."""
    form = {"grant_type": "password", "client_id": CLIENT, "username": name, "password": password}
    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(f"{server.url}{ENDPOINT}/token", body) as answer:
        return json.load(answer)


def keys_of(server):
    with urllib.request.urlopen(f"{server.url}{ENDPOINT}/certs") as answer:
        found = json.load(answer)
    return {"keys": [key for key in found["keys"] if key["use"] == "sig"]}


def test_keycloak_signs_what_the_services_of_the_pattern_accept(server):
    given = sign_in(server, "dave", "dave's password")
    assert given["expires_in"] == 300
    assert 7100 < given["refresh_expires_in"] <= 7200
    claims = tokens.verify(
        given["access_token"],
        keys_of(server),
        issuer=f"{PUBLIC}/realms/shop",
        audience=AUDIENCE,
        now=time.time() + 1,
        typ="at+jwt",
    )
    assert {name: claims[name] for name in ("sub", "tenant", "roles", "client_id")} == {
        "sub": "dave",
        "tenant": "aozora",
        "roles": ["clerk", "manager"],
        "client_id": CLIENT,
    }


def test_a_wrong_password_gets_nothing(server):
    with pytest.raises(urllib.error.HTTPError) as refused:
        sign_in(server, "dave", "a guess")
    assert json.load(refused.value)["error"] == "invalid_grant"
