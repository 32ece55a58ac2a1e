"""A real browser signs in at our identity provider over HTTP: cookies, forms and redirects as Chromium has them."""

import pytest
from lab import browser_page

from authpatterns.adapters.http import free_port, serve
from authpatterns.authn.idp import Client, IdentityProvider
from authpatterns.authn.oidc import challenge
from authpatterns.messages import Response, with_query
from authpatterns.node import Node, route
from authpatterns.stores import UserStore


class Site(Node):
    """Where the provider sends people back to."""

    @route("GET", "/callback")
    async def callback(self, request):
        return Response(200, "back: " + ", ".join(sorted(request.query)))


@pytest.fixture
def world():
    ports = {"idp": free_port(), "site": free_port()}
    users = UserStore()
    users.add("alice", "aozora", ("customer",), "a password")
    callback = f"http://127.0.0.1:{ports['site']}/callback"
    idp = IdentityProvider(users, [Client("page", (callback,))], issuer=f"http://127.0.0.1:{ports['idp']}")
    with serve([idp, Site("site")], ports=ports) as live:
        yield idp, live, callback


def test_a_person_signs_in_once_and_is_known_afterwards(world, chromium):
    idp, live, callback = world
    wish = {"response_type": "code", "client_id": "page", "redirect_uri": callback, "state": "s"}
    pkce = {"code_challenge": challenge("a" * 43), "code_challenge_method": "S256"}
    address = with_query(f"{idp.issuer}/authorize", **wish, **pkce)
    with browser_page(chromium) as page:
        page.goto(address)
        page.get_by_label("User name").fill("alice")
        page.get_by_label("Password").fill("a guess")
        page.get_by_role("button").click()
        assert "User name or password is wrong" in page.get_by_role("alert").inner_text()
        page.get_by_label("User name").fill("alice")
        page.get_by_label("Password").fill("a password")
        page.get_by_role("button").click()
        page.wait_for_url(f"{callback}*")
        assert page.inner_text("body") == "back: code, iss, state"
        assert {cookie["name"] for cookie in page.context.cookies() if cookie["secure"] and cookie["httpOnly"]} == {
            "__Host-idp-browser",
            "__Host-idp-session",
        }
        page.goto(address)
        assert page.inner_text("body") == "back: code, iss, state"
    assert "idp.silent" in [note.code for note in live.trace.notes]
    back = [hop.request for hop in live.trace if hop.request.path == "/callback"]
    assert all("referer" not in request.headers for request in back)  # the address with the request in it stays here
