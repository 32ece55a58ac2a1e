"""`python -m authpatterns tokens`: the token matrix. With `--measure FOLDER` it is made anew, with a real Envoy.

The folder is the project's own: the table goes to `authpatterns/labs/token_matrix.json`, the page to
`docs/token-matrix.md`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jwt

from authpatterns import words
from authpatterns.adapters.asgi import Limits
from authpatterns.adapters.export import files
from authpatterns.adapters.export.facts import Places
from authpatterns.authn import SsoGateway
from authpatterns.authz import Distributed
from authpatterns.deployment import Deployment
from authpatterns.labs.table import Table, add_output, write
from authpatterns.labs.token_matrix import ACCEPTED, Judge, differences, markdown, matrix, measure, table
from authpatterns.messages import Request, Response
from authpatterns.node import Node

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to measure anew, and how to print."""
    parser.add_argument("--differences", action="store_true", help=words.say("token-matrix.help.differences"))
    parser.add_argument("--measure", type=Path, metavar="FOLDER", help=words.say("token-matrix.help.measure"))
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Print the table, or make it anew.

    Raises:
        Misuse: it is to be measured, and Envoy is not installed.
    """
    if options.measure is None:
        return write([differences() if options.differences else matrix()], options)
    with envoy_judge() as (judge, version):
        found = table(measure(judge), envoy=version, pyjwt=jwt.__version__)
    (options.measure / "authpatterns/labs/token_matrix.json").write_text(found.to_json(), "utf-8")
    (options.measure / "docs/token-matrix.md").write_text(page(found), "utf-8")
    sys.stdout.write(found.to_text())
    return 0


def page(found: Table) -> str:
    """The page of the documentation, in both languages."""
    parts = []
    for lang in ("en", "ja"):
        with words.speaking(lang):
            parts += [f"## {words.say('token-matrix.heading')}", "", markdown(found)]
    head = "# Token matrix / トークンの判定表\n\n<!-- made by `python -m authpatterns tokens --measure .` -->\n"
    return "\n".join([head, *parts])


class Everything(Node):
    """Stands behind Envoy and answers 200: whatever arrives here, Envoy has accepted."""

    async def handle(self, request: Request) -> Response:
        """Always 200."""
        return Response.of({})


@contextmanager
def envoy_judge() -> Iterator[tuple[Judge, str]]:
    """Shows tokens to a real Envoy, configured from the SSO pattern; and Envoy's version.

    Raises:
        Misuse: Envoy is not installed.
    """
    from authpatterns.adapters.http import LOOPBACK, free_port, serve  # noqa: PLC0415  (needs the extra `http`)
    from authpatterns.adapters.parts import envoy  # noqa: PLC0415

    shop = Deployment(SsoGateway(verify="jwks"), Distributed())
    behind = [Everything(service.name) for service in shop.services]
    with (
        serve([shop.node("idp"), *behind], limits=Limits(header_bytes=200_000)) as live,
        tempfile.TemporaryDirectory() as folder,
    ):
        config, port = Path(folder) / "envoy.yaml", free_port()
        config.write_text(files(shop, "envoy", Places(live.urls, LOOPBACK, port))["envoy.yaml"], "utf-8")
        with envoy.running(config, port) as part:
            yield lambda token: _show(part.url, token), part.version


def _show(url: str, token: str) -> str:
    request = urllib.request.Request(f"{url}/orders/1", headers={"Authorization": f"Bearer {token}"})
    try:
        with _direct.open(request, timeout=10):
            return ACCEPTED
    except urllib.error.HTTPError as refusal:
        said = refusal.read().decode("utf-8", "replace").strip()
        return f"{refusal.code} {said}".strip()
