"""An identity provider with a few clients, and a user agent that is moved by hand."""

from base64 import b64encode
from urllib.parse import parse_qsl, urlencode, urlsplit

from authpatterns.authn.forms import form_on
from authpatterns.authn.idp import Client, IdentityProvider
from authpatterns.authn.oidc import ISSUER, challenge
from authpatterns.messages import Headers, Request, Response
from authpatterns.network import Network
from authpatterns.node import Node, route
from authpatterns.stores import UserStore

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636 appendix B
WEB = "https://web.example"
CALLBACK = f"{WEB}/callback"
API = "https://api.example"
FAR = "https://far.example"

CLIENTS = (
    Client(
        "web",
        (CALLBACK, f"{WEB}/other?from=idp"),
        secret="web secret/+:",
        scopes=("openid", "profile", "orders:read", "orders:write"),
        audience=API,
        refresh=True,
        post_logout_redirect_uris=(f"{WEB}/bye",),
        backchannel_logout_uri=f"{WEB}/backchannel",
    ),
    Client("page", ("https://page.example/callback",), audience=API, refresh=True),
    Client("api", secret="api secret", serves=(API,), exchange_targets=(FAR,)),
    Client("stranger", ("https://stranger.example/cb",), secret="stranger secret", refresh=True),
    Client("lax", ("https://lax.example/cb",), secret="lax secret", require_pkce=False),
)


class Listener(Node):
    """Keeps the logout tokens that it is sent."""

    def __init__(self):
        super().__init__("web")
        self.told = []

    @route("POST", "/backchannel")
    async def backchannel(self, request):
        self.told.append(request.form()["logout_token"])
        return Response(200)


class World:
    """Alice's browser, a confidential client `web`, a public one `page`, a resource server `api`, and a `stranger`."""

    def __init__(self, **settings):
        self.network = Network(seed=1)
        users = UserStore()
        for name in ("alice", "bob"):
            users.add(name, "aozora", ("customer",), f"{name}'s password")
        self.idp = self.network.add(IdentityProvider(users, CLIENTS, **settings))
        self.listener = self.network.add(Listener())
        self.network.publish(ISSUER, "", "idp")
        self.network.publish(WEB, "", "web")
        self.cookies = {}

    # --- talking to it

    def send(self, request):
        return self.network.kernel.run(self.network.call("web", "idp", request))

    def go(self, path, form=None, *, cookies=None, headers=(), **query):
        """The browser goes somewhere, with its cookies; `cookies` replaces them."""
        jar = self.cookies if cookies is None else cookies
        target = f"{path}?{urlencode(query)}" if query else path
        request = Request.get(target) if form is None else Request.post(target, form=form)
        lines = Headers.of(headers)
        if jar:
            lines = lines.with_("cookie", "; ".join(f"{name}={value}" for name, value in jar.items()))
        for name, value in lines:
            request = request.with_header(name, value)
        answer = self.send(request)
        for line in answer.headers.all("set-cookie"):
            pair, *attributes = line.split("; ")
            name, _, value = pair.partition("=")
            jar.pop(name, None)
            if "Max-Age=0" not in attributes:
                jar[name] = value
        return answer

    def post(self, path, client="web", *, how="basic", **form):
        """A client sends a form."""
        secret = self.idp.clients.find(client).secret
        headers = {}
        if secret and how == "basic":
            headers["authorization"] = basic(client, secret)
        elif secret and how == "post":
            form |= {"client_id": client, "client_secret": secret}
        else:
            form |= {"client_id": client}
        return self.send(Request.post(path, headers, form=form))

    # --- the steps of the flow

    def wish(self, client="web", **changes):
        """A good authorization request; a change to None leaves the parameter out."""
        good = {
            "response_type": "code",
            "client_id": client,
            "redirect_uri": self.idp.clients.find(client).redirect_uris[0],
            "scope": "openid profile orders:read",
            "state": "the state",
            "nonce": "the nonce",
            "code_challenge": challenge(VERIFIER),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (good | changes).items() if value is not None}

    def authorize(self, client="web", **changes):
        return self.go("/authorize", **self.wish(client, **changes))

    def fill_in(self, page, username="alice", password=None):
        form = form_on(page)
        filled = form.fields | {"username": username, "password": password or f"{username}'s password"}
        return self.go(urlsplit(form.action).path, filled, headers={"origin": ISSUER})

    def sign_in(self, client="web", username="alice", **changes):
        """All the way to the redirect back to the client."""
        answer = self.authorize(client, **changes)
        return self.fill_in(answer, username) if form_on(answer) else answer

    def code(self, client="web", **changes):
        return returned(self.sign_in(client, **changes))["code"]

    def redeem(self, code, client="web", **changes):
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.idp.clients.find(client).redirect_uris[0],
            "code_verifier": VERIFIER,
        }
        form = {name: value for name, value in (form | changes).items() if value is not None}
        return self.post("/token", client, **form)

    def tokens(self, client="web", **changes):
        return self.redeem(self.code(client, **changes), client).json()

    def refresh(self, token, client="web", **more):
        return self.post("/token", client, grant_type="refresh_token", refresh_token=token, **more)

    def introspect(self, token, client="api", **more):
        return self.post("/introspect", client, token=token, **more)

    def active(self, token, client="api"):
        return self.introspect(token, client).json().get("active", False)

    def advance(self, seconds):
        self.network.kernel.run_until(self.network.now + seconds)


def returned(answer):
    """What the provider sends back to the client, in the address."""
    assert answer.status == 303, (answer.status, answer.body)
    return dict(parse_qsl(urlsplit(answer.headers.get("location")).query))


def basic(name, secret):
    from urllib.parse import quote_plus

    return "Basic " + b64encode(f"{quote_plus(name)}:{quote_plus(secret)}".encode()).decode()
