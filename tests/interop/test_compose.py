"""The files of `compose`, run as processes on loopback: the very commands, from the very folder, but for Docker."""

import re
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from functools import partial

import outage_of_part
import pytest
import yaml

from authpatterns.adapters.export import files
from authpatterns.adapters.export.command import deployment
from authpatterns.adapters.export.facts import Places
from authpatterns.adapters.http import LOOPBACK, free_port, serve
from authpatterns.adapters.parts import envoy, nginx, opa, redis
from authpatterns.adapters.parts.process import Part, listens

REAL = {"envoyproxy/envoy": ("envoy", envoy), "nginx": ("nginx", nginx)}


@contextmanager
def running(parts, folder, authn, authz="distributed", *settings):
    """Everything that `compose.yaml` names, and a deployment whose nodes are all elsewhere."""
    shop = deployment(authn, authz, settings)
    for name, text in files(shop, "compose").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    services = yaml.safe_load((folder / "compose.yaml").read_text("utf-8"))["services"]
    ports = {name: free_port() for name in services}
    urls = {name: f"http://{LOOPBACK}:{port}" for name, port in ports.items() if name not in ("redis", "opa")}
    with ExitStack() as stack:
        if "redis" in services:
            ports["redis"] = parts.start("redis", redis.running).port
        processes = {}
        for name, service in sorted(services.items(), key=lambda item: item[0] == "gateway"):
            if "build" in service:
                part = _built(folder, name, service, ports, urls)
            elif name == "redis":
                continue
            elif name == "opa":
                part = parts.prepared("opa", partial(opa.running, [folder / "opa"], ports["opa"]), fetch=opa.fetch)
            else:
                part = _imaged(parts, folder, service, ports)
            processes[name] = stack.enter_context(part)
        nowhere = dict.fromkeys(Places.in_containers(shop).nodes, f"http://{LOOPBACK}:1")
        live = stack.enter_context(serve(shop, external=nowhere | urls, keep_secrets=True))
        yield live, processes


def _built(folder, name, service, ports, urls):
    assert service["build"] == "./bookshop"
    python, *words = service["command"]
    assert python == "python"
    words = [word.replace("opa:8181", f"{LOOPBACK}:{ports.get('opa')}") for word in words]
    at = [word for other, url in urls.items() for word in ("--at", f"{other}={url}")]
    environment = {
        key: value.replace("redis:6379", f"{LOOPBACK}:{ports.get('redis')}")
        for key, value in service.get("environment", {}).items()
    }
    return Part(
        name,
        "",
        lambda port: (sys.executable, *words, "--host", LOOPBACK, "--port", str(port), *at),
        lambda part: part.log.rstrip().endswith("(Ctrl-C ends it)") and listens(part),
        port=ports[name],
        cwd=folder / "bookshop",
        environment=environment,
    )


def _imaged(parts, folder, service, ports):
    """The real program in the place of its image, with the very files, but for where everything is."""
    name, module = REAL[service["image"].partition(":")[0]]
    for file in (folder / "gateway").iterdir():
        file.write_text(_moved(file.read_text("utf-8"), folder, ports), "utf-8")
    where = folder / "gateway" if name == "nginx" else folder / "gateway" / "envoy.yaml"
    return parts.prepared(name, partial(module.running, where, ports["gateway"]))


def _moved(text, folder, ports):
    """A configuration with loopback in the place of the containers' names."""

    def moved(found):
        before, name, between = found.groups()
        return f"{before}{LOOPBACK}{between}{ports['gateway' if name == '0.0.0.0' else name]}"

    text = re.sub(r"((?:server|listen) )([\w.-]+)(:)8000", moved, text)
    text = re.sub(r"(address: )([\w.-]+)(\n +port_value: )8000", moved, text)
    return text.replace("/srv/gateway", str(folder / "gateway"))


@pytest.mark.parametrize(
    ("authn", "authz", "settings"),
    [
        ("session", "centralized", ()),
        ("jwt", "hybrid", ("lifetime=300",)),
        ("jwt-gateway", "distributed", ()),
        ("sso-gateway", "distributed", ("verify=jwks",)),
        ("aws-jwt-authorizer", "distributed", ("scopes=shop",)),
    ],
)
def test_the_files_to_take_home_run(parts, tmp_path, authn, authz, settings):
    with running(parts, tmp_path, authn, authz, *settings) as (live, _):
        alice = live.user("alice")
        assert alice.get("/orders/1").status == 401
        assert alice.sign_in().status == 200
        assert alice.get("/orders/1").json()["owner"] == "alice"
        tracked = alice.get("/orders/1/tracking")
        assert tracked.json()["carrier"] == "yamato", tracked
        assert alice.get("/orders/2").status == 403


@pytest.fixture(scope="module", params=[("sso-gateway", "cookie=gateway"), ("jwt-gateway", "cache=0")])
def whole(request, parts, tmp_path_factory):
    name, setting = request.param
    with running(parts, tmp_path_factory.mktemp(name), name, "distributed", setting) as (live, processes):
        yield name, live, processes


@pytest.mark.parametrize("fault", ["down", "restarted"])
@pytest.mark.parametrize("part", ["gateway", "orders"])
def test_a_container_that_is_killed_gives_what_the_outage_lab_predicts(whole, part, fault):
    """Its own state is in memory, so the issuer, which the lab gives a database, is not among them."""
    name, live, processes = whole
    assert outage_of_part.measured(live, processes[part], fault) == outage_of_part.predicted(name, part, fault)


def test_the_folder_holds_a_program_of_its_own(tmp_path):
    for name, text in files(deployment("jwt"), "compose").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    code = "import authpatterns; print(authpatterns.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "bookshop", capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(str(tmp_path / "bookshop"))
