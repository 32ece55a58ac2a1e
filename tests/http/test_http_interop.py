"""Two clients that nobody here wrote use our identity provider over HTTP: Authlib, and openid-client from npm."""

import http.client
import json
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from authpatterns.adapters.http import free_port, serve
from authpatterns.authn.idp import Client, IdentityProvider
from authpatterns.authn.oidc import LOGOUT_EVENT
from authpatterns.course import npm
from authpatterns.errors import Misuse
from authpatterns.stores import UserStore

NODE = Path(__file__).parent / "node"
CALLBACK = "http://127.0.0.1:9/callback"
BYE = "http://127.0.0.1:9/bye"
PASSWORD = "correct horse battery staple"


class Listener(HTTPServer):
    """Is told by the provider when somebody has signed out."""

    def __init__(self):
        self.told = []
        super().__init__(("127.0.0.1", 0), ListenerHandler)
        self.url = f"http://127.0.0.1:{self.server_port}"


class ListenerHandler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.told.append((self.path, parse_qs(body)["logout_token"][0]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def listener():
    server = Listener()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def idp(listener):
    """Our identity provider on loopback."""
    port = free_port()
    clients = (
        Client(
            "web",
            (CALLBACK,),
            secret="web secret/+:",
            refresh=True,
            post_logout_redirect_uris=(BYE,),
            backchannel_logout_uri=f"{listener.url}/backchannel",
        ),
        Client("page", (CALLBACK,), refresh=True),
    )
    users = UserStore()
    users.add("alice", "aozora", ("customer",), PASSWORD)
    node = IdentityProvider(users, clients, issuer=f"http://127.0.0.1:{port}")
    with serve([node], ports={"idp": port}, external={"web": listener.url}) as live:
        node.live = live
        yield node


class UserAgent:
    """A browser that keeps cookies and never follows a redirect by itself."""

    def __init__(self):
        self.cookies = {}

    def go(self, address, form=None):
        parts = urlsplit(address)
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form is not None:
            headers |= {
                "origin": f"{parts.scheme}://{parts.netloc}",
                "content-type": "application/x-www-form-urlencoded",
            }
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("POST" if form is not None else "GET", target, urlencode(form or {}), headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        for line in answer.headers.get_all("set-cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.headers.get("location"), body

    def sign_in(self, address):
        status, location, page = self.go(address)
        if status == 200:
            action = re.search(r'action="([^"]+)"', page)[1]
            ticket = re.search(r'name="ticket" value="([^"]+)"', page)[1]
            _, location, _ = self.go(action, {"ticket": ticket, "username": "alice", "password": PASSWORD})
        return location


# --- Authlib


def test_authlib_completes_code_pkce_refresh_introspection_revocation_and_logout(idp, listener):
    from authlib.common.security import generate_token
    from authlib.integrations.base_client.errors import OAuthError
    from authlib.integrations.requests_client import OAuth2Session
    from authlib.oidc.core import CodeIDToken

    with OAuth2Session(
        "web",
        "web secret/+:",
        scope="openid profile",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_post",  # its Basic leaves out the encoding of RFC 6749 section 2.3.1
        revocation_endpoint_auth_method="client_secret_post",
    ) as client:
        metadata = client.get(f"{idp.issuer}/.well-known/openid-configuration", withhold_token=True).json()
        verifier, nonce = generate_token(48), generate_token()
        address, state = client.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
        agent = UserAgent()
        back = agent.sign_in(address)
        given = client.fetch_token(
            metadata["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state
        )

        keys = KeySet.import_key_set(client.get(metadata["jwks_uri"], withhold_token=True).json())
        read = jwt.decode(given["id_token"], keys, algorithms=["RS256"])
        options = {
            "iss": {"essential": True, "value": idp.issuer},
            "aud": {"essential": True, "value": "web"},
        }
        params = {"nonce": nonce, "client_id": "web", "access_token": given["access_token"]}
        CodeIDToken(read.claims, read.header, options, params).validate()
        assert read.claims["sub"] == "alice"

        assert client.get(metadata["userinfo_endpoint"]).json()["sub"] == "alice"
        fresh = client.refresh_token(metadata["token_endpoint"])
        assert fresh["refresh_token"] != given["refresh_token"]
        about = client.introspect_token(metadata["introspection_endpoint"], token=fresh["access_token"]).json()
        assert (about["active"], about["sub"]) == (True, "alice")
        assert client.revoke_token(metadata["revocation_endpoint"], token=fresh["refresh_token"]).status_code == 200
        about = client.introspect_token(metadata["introspection_endpoint"], token=fresh["access_token"])
        assert about.json() == {"active": False}
        with pytest.raises(OAuthError, match="invalid_grant"):
            client.refresh_token(metadata["token_endpoint"], refresh_token=given["refresh_token"])

    query = urlencode({"id_token_hint": given["id_token"], "post_logout_redirect_uri": BYE, "state": "see you"})
    assert agent.go(f"{metadata['end_session_endpoint']}?{query}")[1] == f"{BYE}?state=see+you"
    ((path, token),) = listener.told
    told = jwt.decode(token, keys, algorithms=["RS256"])
    assert (path, told.header["typ"], told.claims["sub"]) == ("/backchannel", "logout+jwt", "alice")
    assert told.claims["sid"] == read.claims["sid"]
    assert LOGOUT_EVENT in told.claims["events"]
    assert [hop.target for hop in idp.live.trace if hop.source == "idp"] == ["web"]


# --- openid-client


@pytest.fixture(scope="session")
def node():
    """Node with openid-client as `package-lock.json` pins it, installed once."""
    try:
        npm.installed(NODE)
    except Misuse as missing:
        pytest.skip(str(missing))
    return shutil.which("node")


def test_openid_client_completes_everything_with_its_strictest_checks(node, idp, listener):
    done = subprocess.run(
        [node, "openid_client.mjs", idp.issuer, PASSWORD],
        cwd=NODE,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    assert steps == [
        {"step": "discovery", "issuer": idp.issuer},
        {"step": "code", "client": "page", "sub": "alice", "type": "bearer"},
        {"step": "userinfo", "sub": "alice", "tenant": "aozora", "roles": ["customer"]},
        {"step": "refresh", "rotated": True, "sub": "alice"},
        {"step": "discovery", "issuer": idp.issuer},
        {"step": "code", "client": "web", "sub": "alice", "type": "bearer"},
        {"step": "userinfo", "sub": "alice", "tenant": "aozora", "roles": ["customer"]},
        {"step": "refresh", "rotated": True, "sub": "alice"},
        {"step": "introspection", "active": True, "unknown": False},
        {"step": "wrong secret", "error": "OAUTH_WWW_AUTHENTICATE_CHALLENGE", "status": 401},
        {"step": "revocation", "active": False},
        {"step": "code replayed", "error": "invalid_grant", "status": 400},
        {"step": "family ended", "error": "invalid_grant", "status": 400},
        {"step": "logout", "to": f"{BYE}?state=see+you"},
        {"step": "signed out", "error": "invalid_grant", "status": 400},
        {"step": "prompt none", "error": "login_required"},
    ]
    assert [path for path, _ in listener.told] == ["/backchannel"]
