"""`python -m authpatterns pdp`: any policy as an AuthZEN decision point on loopback.

    --policy FILE.rego   Rego v1, `package authzen`, rule `allow`; `input` is the AuthZEN request, `data` the data file:
                         {"subjects": [...], "resources": [...], "actions": [...]}, each of {type, id, properties}
    --policy FILE.cedar  entity types are AuthZEN types, the action is Action::"name", a request's properties are laid
                         over the stored ones, the action's properties stand in context.action; the data file is a
                         Cedar entity list
    --policy FILE.json   a table of rules (`authz.table`); the data file as for Rego

The data file is also what searches look through; without one there is nothing to search.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from authpatterns import words
from authpatterns.adapters.cedar import CedarEngine
from authpatterns.adapters.rego import RegoEngine
from authpatterns.authz.pdp import Directory, Pdp, directory_of
from authpatterns.authz.table import RuleTable
from authpatterns.encoding import parse
from authpatterns.errors import Misuse, Refused
from authpatterns.policy import Entity


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command understands."""
    parser.add_argument("--policy", required=True, type=Path, help=words.say("command.pdp.policy"))
    parser.add_argument("--data", type=Path, default=None, help=words.say("command.pdp.data"))
    parser.add_argument("--port", type=int, default=8181, help=words.say("command.pdp.port"))
    parser.add_argument("--identifier", default="", help=words.say("command.pdp.identifier"))
    parser.add_argument("--lang", choices=words.LANGUAGES, default=None, help=words.say("command.lang"))


def run(options: argparse.Namespace) -> int:
    """Serve until somebody presses Ctrl-C.

    Raises:
        Misuse: a file cannot be used, or the port is taken.
    """
    from authpatterns.adapters.http import serve  # noqa: PLC0415  (a bad policy is told without starting a server)

    pdp = load(options.policy, options.data)
    with serve([pdp], ports={"pdp": options.port}) as live:
        pdp.identifier = options.identifier or live.urls["pdp"]
        print(words.say("command.pdp.serving", url=live.urls["pdp"], policy=str(options.policy)), flush=True)
        live.wait()
    return 0


def load(policy: Path, data: Path | None) -> Pdp:
    """The decision point for a policy file and a data file.

    Raises:
        Misuse: one of them cannot be read or understood; the sentence says which, and where.
    """
    text, name = _text(policy), policy.name
    known = _json(data) if data is not None else None
    if policy.suffix == ".rego":
        directory = _directory(known, data)
        return Pdp(RegoEngine(text, known or {}, name), directory)
    if policy.suffix == ".cedar":
        entities = _entities(known, data)
        engine = CedarEngine(text, entities, name=name)
        return Pdp(engine, None if data is None else _cedar_directory(entities, engine.actions))
    if policy.suffix == ".json":
        return Pdp(RuleTable.parse(_json(policy)), _directory(known, data))
    raise Misuse("policy.suffix", name=name, known=".rego, .cedar, .json")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as flaw:
        reason = flaw.strerror if isinstance(flaw, OSError) and flaw.strerror else str(flaw)
        raise Misuse("policy.unreadable", name=str(path), reason=reason) from None


def _json(path: Path) -> Any:
    try:
        return parse(_text(path))
    except ValueError as flaw:
        raise Misuse("policy.unreadable", name=str(path), reason=str(flaw)) from None


def _directory(known: Any, path: Path | None) -> Directory | None:
    if path is None:
        return None
    try:
        return directory_of(known)
    except Refused as flaw:
        raise Misuse("policy.unreadable", name=str(path), reason=str(flaw)) from None


def _entities(known: Any, path: Path | None) -> list[dict[str, Any]]:
    if path is None:
        return []
    if not isinstance(known, list):
        raise Misuse("policy.unreadable", name=str(path), reason=words.say("error.policy.no-entity-list"))
    return known


def _cedar_directory(entities: list[dict[str, Any]], actions: tuple[str, ...]) -> Directory:
    uids = [entity["uid"].get("__entity", entity["uid"]) for entity in entities]
    pairs = zip(uids, entities, strict=True)
    found = tuple(Entity(uid["type"], uid["id"], entity.get("attrs", {})) for uid, entity in pairs)
    return Directory(found, found, actions)
