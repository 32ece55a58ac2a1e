"""What is exported follows the deployment, and what makes no sense is refused."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from lupa.lua51 import LuaRuntime

from authpatterns import Session, catalogue, words
from authpatterns.__main__ import main
from authpatterns.adapters.export import TARGETS, files, target_named
from authpatterns.adapters.export.command import deployment
from authpatterns.adapters.export.facts import Places
from authpatterns.authz import Centralized
from authpatterns.authz.table import shop_table
from authpatterns.bookshop import PEOPLE, services
from authpatterns.deployment import Deployment
from authpatterns.errors import Misuse
from authpatterns.keys import demo_key
from authpatterns.policy import Rule, Rules
from authpatterns.service import Service

ALL = [(authn, authz) for authn in catalogue.AUTHENTICATION for authz in catalogue.AUTHORIZATION]


def written(target, command):
    """The files for a combination as it stands on the command line."""
    authn, authz, *settings = command.replace("--set ", "").split()
    return files(deployment(authn, authz, settings), target)


def combinations(form):
    """The combinations that one line of `FITS` speaks of."""
    first, _, rest = form.partition(" ")
    second = rest.split()[0] if rest and not rest.startswith("--") else ""
    settings = rest[rest.index("--set") :] if "--set" in rest else ""
    authns = catalogue.AUTHENTICATION if first == "ANY" else [first]
    authzs = [second] if second not in ("", "ANY") else catalogue.AUTHORIZATION
    return [f"{authn} {authz} {settings}".strip() for authn in authns for authz in authzs]


@pytest.mark.parametrize("target", TARGETS)
def test_what_a_target_says_it_fits_it_fits(target):
    for form in target_named(target).FITS:
        for command in combinations(form):
            for name, text in written(target, command).items():
                assert text or "__init__" in name, f"{command}: {name} is empty"
                if name.endswith((".yaml", ".yml")):
                    assert isinstance(yaml.safe_load(text), dict)
                if name.endswith(("realm.json", "data.json", ".manifest")):
                    json.loads(text)


@pytest.mark.parametrize("target", TARGETS)
def test_every_other_combination_is_refused_and_told_which_make_sense(target):
    module = target_named(target)
    for authn, authz in ALL:
        shop = catalogue.deploy(authn, authz)
        if not module.fits(shop):
            with pytest.raises(Misuse) as refused:
                files(shop, target)
            assert refused.value.code == "export.no-sense"
            assert all(form in str(refused.value) for form in module.FITS)


def test_an_unknown_target_is_refused():
    with pytest.raises(Misuse, match="apisix"):
        files(catalogue.deploy("jwt"), "apisix")


# --- settings


def realm(command):
    return json.loads(written("keycloak", command)["realm.json"])


def test_lifetimes_reach_the_keycloak_realm():
    usual, changed = realm("jwt distributed"), realm("jwt distributed --set lifetime=300 --set refresh_lifetime=7200")
    assert (usual["accessTokenLifespan"], changed["accessTokenLifespan"]) == (900, 300)
    assert changed["ssoSessionMaxLifespan"] == 7200
    assert realm("sso distributed --set idp_session=3600")["ssoSessionMaxLifespan"] == 3600


def test_accounts_and_clients_reach_the_keycloak_realm():
    made = realm("sso distributed")
    assert [user["id"] for user in made["users"]] == [person.name for person in PEOPLE]
    assert {client["clientId"] for client in made["clients"]} == {service.name for service in services()}
    orders = made["clients"][0]
    assert orders["redirectUris"] == ["https://orders.shop.example/sso/callback"]
    assert not orders["publicClient"]
    assert orders["secret"]
    mapped = {mapper["protocolMapper"]: mapper["config"] for mapper in orders["protocolMappers"]}
    assert mapped["oidc-audience-mapper"]["included.custom.audience"] == "https://shop.example"
    page = realm("sso-gateway distributed")["clients"][0]
    assert page["publicClient"]
    assert page["attributes"]["pkce.code.challenge.method"] == "S256"
    assert "secret" not in page
    assert realm("sso distributed --set sites=orders")["clients"][0]["clientId"] == "orders"
    assert len(realm("sso distributed --set sites=orders")["clients"]) == 1


def test_the_audience_reaches_every_target_that_checks_one():
    command = "aws-jwt-authorizer distributed --set audiences=orders-api,till"
    assert '"included.custom.audience": "till"' in written("keycloak", command)["realm.json"]
    (scheme,) = sam(command)["components"]["securitySchemes"].values()
    assert scheme["x-amazon-apigateway-authorizer"]["jwtConfiguration"]["audience"] == ["orders-api", "till"]
    assert jwt_authn("sso-gateway distributed verify=jwks")["audiences"] == ["https://shop.example"]
    shop = deployment("sso-gateway", "distributed", ["verify=jwks"])
    page = shop.node("idp").clients.find("shop-page")
    shop.node("idp").clients.add(type(page)(**{**vars(page), "audience": "orders-api"}))
    assert jwt_authn(shop)["audiences"] == ["orders-api"]


def jwt_authn(what):
    made = files(what, "envoy") if isinstance(what, Deployment) else written("envoy", what)
    listener = yaml.safe_load(made["envoy.yaml"])["static_resources"]["listeners"][0]
    filters = listener["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"]
    return filters[1]["typed_config"]["providers"]["idp"]


def test_settings_reach_envoy():
    provider = jwt_authn("sso-gateway distributed verify=jwks jwks_ttl=60")
    assert provider["remote_jwks"]["cache_duration"] == "60s"
    assert provider["remote_jwks"]["http_uri"]["uri"] == "https://id.example/jwks.json"
    assert provider["issuer"] == "https://id.example"
    assert "Max-Age=120" in written("envoy", "sso-gateway distributed verify=jwks lifetime=120")["envoy.yaml"]


def test_another_provider_reaches_envoy_and_kong():
    realm = "https://id.example/realms/shop"
    provider = jwt_authn(f"sso-gateway distributed verify=jwks provider={realm}")
    assert provider["issuer"] == realm
    assert provider["remote_jwks"]["http_uri"]["uri"] == f"{realm}/protocol/openid-connect/certs"
    kong = written("kong", f"sso-gateway distributed provider={realm}")["kong.yml"]
    assert f"issuer: {realm}" in kong
    assert "introspection_endpoint" not in kong
    with pytest.raises(Misuse, match="kong"):  # only Keycloak knows the key that would have to stand in the file
        written("kong", f"sso-gateway distributed verify=jwks provider={realm}")
    with pytest.raises(Misuse) as refused:
        written("envoy", "sso-gateway distributed verify=jwks provider=https://other.example")
    assert refused.value.code == "export.foreign-issuer"


def test_settings_reach_nginx():
    usual, cached = (written("nginx", f"jwt-gateway distributed cache={cache}") for cache in (0, 30))
    assert "proxy_cache" not in usual["nginx.conf"]
    assert "proxy_cache_valid 200 30s" in cached["nginx.conf"]
    assert "const REMEMBER = true;" in cached["gateway.js"]
    cookie = written("nginx", "jwt-gateway distributed keep=cookie")
    assert 'const COOKIE = "__Host-access";' in cookie["gateway.js"]
    assert 'const COOKIE = "";' in usual["gateway.js"]


def test_places_reach_every_gateway():
    for target, authn, settings in (("envoy", "sso-gateway", ["verify=jwks"]), ("nginx", "jwt-gateway", [])):
        shop = deployment(authn, "distributed", settings)
        urls = {name: f"http://{name}.internal:81" for name in Places.in_containers(shop).nodes}
        text = "".join(files(shop, target, Places(urls, "192.0.2.1", 82)).values())
        assert "192.0.2.1" in text
        assert "orders.internal" in text


# --- OPA


class Reviews(Service):
    prefix = "/reviews"
    resource = "review"
    rules = Rules(Rule("anybody", lambda query: True))


def test_rules_in_python_cannot_be_exported():
    shop = Deployment(catalogue.deploy("jwt").authn, Centralized(), services=[*services(), Reviews("reviews", {})])
    with pytest.raises(Misuse) as refused:
        files(shop, "opa")
    assert refused.value.code == "export.rules"
    assert "reviews" in str(refused.value)


def test_an_engine_reaches_the_rego_file():
    shop = Deployment(catalogue.deploy("jwt").authn, Centralized(engine=shop_table()))
    assert 'reasons contains "clerk-dispatches"' in files(shop, "opa")["policy.rego"]


def test_the_agent_polls_as_often_as_the_services_would():
    made = written("opa", "jwt hybrid poll=45")
    polling = yaml.safe_load(made["opa.yaml"])["bundles"]["shop"]["polling"]
    assert polling == {"min_delay_seconds": 45, "max_delay_seconds": 45}
    assert json.loads(made["bundle/data.json"])["people"]["dave"]["roles"] == ["clerk", "manager"]


# --- AWS


def sam(command):
    template = yaml.safe_load(written("sam", command)["template.yaml"])
    return template["Resources"]["Api"]["Properties"]["DefinitionBody"]


def lint(folder, text):
    file = folder / "template.yaml"
    file.write_text(text, "utf-8")
    program = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([program, "--format", "json", str(file)], capture_output=True, text=True, check=False)
    return [finding["Rule"]["Id"] for finding in json.loads(done.stdout or "[]")]


def test_cfn_lint_finds_nothing_in_the_template(tmp_path):
    assert lint(tmp_path, written("sam", "aws-jwt-authorizer distributed scopes=shop")["template.yaml"]) == []


def test_cfn_lint_would_find_something(tmp_path):
    text = written("sam", "aws-jwt-authorizer distributed")["template.yaml"]
    assert lint(tmp_path, text.replace("PackageType: Image", "PackageType: Picture")) != []


def test_every_route_has_the_authorizer_with_the_scopes_of_the_pattern():
    document = sam("aws-jwt-authorizer distributed scopes=shop")
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(operations) == 3 * 2 * 3
    assert all(operation["security"] == [{"issuer": ["shop"]}] for operation in operations)
    for operation in operations:
        parameters = operation["x-amazon-apigateway-integration"]["requestParameters"]
        assert parameters == {"overwrite:header.x-origin-verify": {"Ref": "OriginSecret"}}


# --- Kong


KNOWN = {
    "jwt": {"key_claim_name", "claims_to_verify", "uri_param_names", "header_names", "cookie_names"},
    "pre-function": {"access"},
    "post-function": {"access"},
    "request-termination": {"status_code", "content_type", "body"},
    "response-transformer": {"add"},
    "openid-connect": {
        *("issuer", "issuers_allowed", "auth_methods", "introspection_endpoint", "cache_introspection", "client_id"),
        *("client_secret", "audience_required", "bearer_token_param_type"),
    },
}
"""The settings of each plugin, as Kong's own schemas name them. No validator of Kong's own could be had here."""
ROUTE = {"name", "paths", "methods", "strip_path", "preserve_host", "plugins"}
SERVICE = {"name", "url", "retries", "routes", "plugins"}


@pytest.mark.parametrize("verify", ["jwks", "introspection"])
def test_the_shape_of_the_file_for_kong(verify):
    config = yaml.safe_load(written("kong", f"sso-gateway distributed verify={verify}")["kong.yml"])
    assert config["_format_version"] == "3.0"
    assert set(config) <= {"_format_version", "services", "routes", "consumers"}
    routes = [*config["routes"], *(route for service in config["services"] for route in service["routes"])]
    assert all(set(service) <= SERVICE for service in config["services"])
    assert all(set(route) <= ROUTE for route in routes)
    assert len({route["name"] for route in routes}) == len(routes)
    plugins = [plugin for each in [*config["services"], *routes] for plugin in each.get("plugins", ())]
    for plugin in plugins:
        assert set(plugin["config"]) <= KNOWN[plugin["name"]], plugin["name"]
    checks = {"jwks": "jwt", "introspection": "openid-connect"}[verify]
    for service in config["services"]:
        assert checks in [plugin["name"] for plugin in service["plugins"]]


def test_kong_has_the_issuers_public_key():
    config = yaml.safe_load(written("kong", "sso-gateway distributed verify=jwks")["kong.yml"])
    (secret,) = config["consumers"][0]["jwt_secrets"]
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    public = load_pem_public_key(secret["rsa_public_key"].encode())
    assert public.public_numbers() == demo_key().parsed.public_key().public_numbers()
    assert secret["key"] == "https://id.example"


class Kong:
    """Enough of Kong's plugin kit for the scripts in the file."""

    def __init__(self, method="GET", **headers):
        self.method, self.headers, self.exit = method, headers, None
        self.lua = LuaRuntime()

    def run(self, script):
        look, table = self.headers.get, self.lua.table_from
        self.lua.globals().kong = table(
            {
                "request": table({"get_header": look, "get_method": lambda: self.method}),
                "response": table({"exit": self._exit}),
                "service": table(
                    {
                        "request": table(
                            {
                                "set_header": self.headers.__setitem__,
                                "clear_header": lambda name: self.headers.pop(name, None),
                            }
                        )
                    }
                ),
            }
        )
        self.lua.execute(script)
        return self

    def _exit(self, status, body=None, headers=None):
        self.exit = status, dict(headers or {})


def scripts(name):
    config = yaml.safe_load(written("kong", "sso-gateway distributed verify=jwks lifetime=120")["kong.yml"])
    everything = [*config["services"], *config["routes"]]
    (script,) = {
        plugin["config"]["access"][0] for each in everything for plugin in each["plugins"] if plugin["name"] == name
    }
    return script


def test_kongs_door_takes_the_token_from_its_cookie():
    door = scripts("pre-function")
    moved = Kong(cookie="a=b; __Host-access=t.o.k; c=d").run(door)
    assert moved.headers == {"authorization": "Bearer t.o.k"}
    assert Kong(authorization="Bearer x").run(door).headers == {"authorization": "Bearer x"}
    assert Kong(authorization="Bearer x", cookie="__Host-access=t").run(door).exit[0] == 400
    foreign = {"cookie": "__Host-access=t", "host": "shop.example", "origin": "https://evil.example"}
    assert Kong("PATCH", **foreign).run(door).exit[0] == 403
    assert Kong("PATCH", **{**foreign, "origin": "https://shop.example"}).run(door).exit is None


def test_kong_puts_the_token_into_a_cookie_for_the_shops_own_page():
    session = scripts("post-function")
    own = {"host": "shop.example", "origin": "https://shop.example", "authorization": "Bearer t.o.k"}
    status, headers = Kong("POST", **own).run(session).exit
    assert status == 200
    assert headers["set-cookie"].startswith("__Host-access=t.o.k; Path=/; Secure; HttpOnly")
    assert headers["set-cookie"].endswith("Max-Age=120")
    assert Kong("DELETE", **own).run(session).exit[0] == 204
    assert Kong("POST", **{**own, "origin": "https://evil.example"}).run(session).exit[0] == 403


# --- compose


def test_compose_publishes_on_loopback_alone_and_names_real_images():
    for authn, authz in ALL:
        made = written("compose", f"{authn} {authz}")
        services = yaml.safe_load(made["compose.yaml"])["services"]
        images = {service["image"].partition(":")[0] for service in services.values() if "image" in service}
        assert images <= {"envoyproxy/envoy", "nginx", "redis", "openpolicyagent/opa"}
        ports = [port for service in services.values() for port in service.get("ports", ())]
        assert ports
        assert all(port.startswith("127.0.0.1:") for port in ports)
        assert len(set(ports)) == len(ports)
        for service in services.values():
            assert set(service.get("depends_on", ())) <= set(services)


def test_compose_tells_each_container_the_settings():
    made = yaml.safe_load(written("compose", "jwt centralized lifetime=300 denylist=yes timeout=0.5")["compose.yaml"])
    command = made["services"]["auth"]["command"]
    again = [word for word in command if "=" in word]
    meant = deployment("jwt", "centralized", ["lifetime=300", "denylist=yes", "timeout=0.5"])
    told = deployment("jwt", "centralized", again)
    assert (told.authn, told.authz) == (meant.authn, meant.authz)
    assert sorted(again) == ["denylist=yes", "lifetime=300", "timeout=0.5"]
    assert "redis" in made["services"]


def test_compose_gives_the_engine_of_the_decision_point_to_opa():
    shop = Deployment(catalogue.deploy("jwt").authn, Centralized(engine=shop_table()))
    made = files(shop, "compose")
    services = yaml.safe_load(made["compose.yaml"])["services"]
    assert services["pdp"]["command"][-2:] == ["--opa", "http://opa:8181"]
    assert made["opa/policy.rego"] == files(shop, "opa")["policy.rego"]


def test_compose_needs_no_container_for_what_a_real_gateway_does():
    services = yaml.safe_load(written("compose", "aws-jwt-authorizer distributed")["compose.yaml"])["services"]
    assert "authorizer" not in services
    assert services["gateway"]["image"].startswith("envoyproxy/envoy:")


def test_compose_refuses_what_no_command_line_can_say():
    authn = catalogue.deploy("jwt").authn
    for shop in (
        Deployment(Session(client=object), Centralized()),
        Deployment(authn, Centralized(), services=[Reviews("reviews", {})]),
    ):
        with pytest.raises(Misuse) as refused:
            files(shop, "compose")
        assert refused.value.code == "export.not-by-name"


# --- the command


def test_the_command_writes_the_files_and_says_which(tmp_path, capsys):
    assert main(["export", "jwt-gateway", "distributed", "--to", "nginx", str(tmp_path), "--lang", "ja"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gateway.js", "nginx.conf"]
    assert capsys.readouterr().out.count("書き出し") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["session", "distributed", "--to", "envoy"], "sso-gateway --set verify=jwks"),
        (["jwt", "distributed", "--to", "keycloak", "--set", "speed=3"], "lifetime"),
        (["jwt", "distributed", "--to", "keycloak", "--set", "lifetime=soon"], "'soon'"),
        (["jwt", "distributed", "--to", "keycloak", "--set", "keep=moon"], "keep"),
        (["jwt", "distributed", "--to", "moon"], "compose"),
        (["moon", "distributed", "--to", "opa"], "moon"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, said, tmp_path, capsys):
    assert main(["export", *arguments, str(tmp_path), "--lang", "en"]) == 2
    assert said in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / "file").write_text("x", "utf-8")
    assert main(["export", "jwt", "distributed", "--to", "keycloak", str(tmp_path / "file")]) == 2
    assert "file" in capsys.readouterr().err
    words.use(None)
