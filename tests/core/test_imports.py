"""What the core may know: imports point one way, and nothing heavy comes along."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import authpatterns

ROOT = Path(authpatterns.__file__).parent
FLOORS = (
    ("words", "errors", "encoding", "policies"),
    ("kernel", "messages"),
    ("secrecy", "standins"),
    ("trace", "keys"),
    ("network", "tokens", "tokenchecks", "stores"),
    ("faults", "node"),
    ("browser", "policy", "gateway", "store_node"),
    ("service",),
    ("pattern", "bookshop"),
    ("authn", "authz"),
    ("deployment",),
    ("catalogue", "stories"),
    ("draw",),
    ("labs",),
    ("adapters", "explain"),
    ("notebook", "course", "visit", "bench"),
    ("site",),
    ("__init__", "__main__"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def room_of(file):
    first = file.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def imports_at_load(file):
    """The rooms that `file` imports when it is loaded; not those inside functions or under TYPE_CHECKING."""
    for statement in ast.parse(file.read_text("utf-8")).body:
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").split(".")[0] == "authpatterns":
            parts = statement.module.split(".")
            yield from [parts[1]] if len(parts) > 1 else [name.name for name in statement.names if name.name in FLOOR]


FILES = sorted(file for file in ROOT.rglob("*.py") if "__pycache__" not in file.parts)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_point_one_way(file):
    room = room_of(file)
    assert room in FLOOR, f"{room} has no floor yet: say where it stands"
    upward = [other for other in imports_at_load(file) if other != room and FLOOR[other] >= FLOOR[room]]
    same_floor = [other for other in upward if FLOOR[other] == FLOOR[room]]
    assert [other for other in upward if other not in same_floor] == []


def test_importing_the_package_brings_no_jupyter_no_network_library_and_no_graphviz():
    heavy = "IPython ipywidgets jupyterlab nbformat graphviz wasmtime redis fakeredis httpx requests uvicorn asyncio"
    code = f"import sys, authpatterns; print([name for name in {heavy.split()} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_the_core_runs_without_cryptography():
    """As in a browser, where there is no wheel for it: HS256 works, and the rest says what is missing."""
    code = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from authpatterns import Deployment, Session, Distributed\n"
        "shop = Deployment(Session(), Distributed()); alice = shop.user('alice')\n"
        "alice.sign_in(); print(alice.get('/orders/1').status)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert answer.stdout.strip() == "200", answer.stderr


def only_await_in(file):
    return [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Yield)]


def test_the_kernel_is_the_only_place_with_a_bare_yield_into_the_world():
    """Elsewhere a `yield` may make a generator, never a task's pause: no coroutine is built by hand."""
    for file in FILES:
        if "types.coroutine" in file.read_text("utf-8"):
            assert file.name == "kernel.py"
