"""Where state lives: people with their passwords, and refresh tokens.

Each store is a plain object without `await`; a node that wants to be asked over the network wraps one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from authpatterns import standins
from authpatterns.errors import Misuse, Refused


@dataclass(frozen=True, slots=True)
class User:
    """An account, without its password."""

    name: str
    tenant: str
    roles: tuple[str, ...]

    def claims(self) -> dict[str, Any]:
        """What a credential says about this person."""
        return {"sub": self.name, "tenant": self.tenant, "roles": list(self.roles)}


class UserStore:
    """People and their argon2 hashes in SQLite.

    Args:
        path: A file, or ":memory:" for a store that ends with the program.
        demo: True hashes with far too little work, so that lessons and tests are quick. Never use it for real people.

    Raises:
        Misuse: the file is not such a database, or cannot be opened.
    """

    def __init__(self, path: str = ":memory:", *, demo: bool = True) -> None:
        self.path = path
        self._hasher = _hasher(demo)
        try:
            self._db = sqlite3.connect(path, check_same_thread=False)
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, tenant TEXT NOT NULL, roles TEXT NOT NULL,"
                " password_hash TEXT NOT NULL)"
            )
            self._db.execute("SELECT name, tenant, roles, password_hash FROM users LIMIT 1")
            if self._db.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("quick_check")
        except sqlite3.Error as error:
            raise Misuse("users.unusable", path=path, reason=str(error)) from error

    def add(self, name: str, tenant: str, roles: Iterable[str], password: str) -> User:
        """A new account.

        Raises:
            Misuse: the name is taken.
        """
        user = User(name, tenant, tuple(sorted(roles)))
        row = (name, tenant, json.dumps(user.roles), self._hasher.hash(password))
        try:
            with self._db:
                self._db.execute("INSERT INTO users VALUES (?, ?, ?, ?)", row)
        except sqlite3.IntegrityError:
            raise Misuse("users.name-taken", name=name) from None
        return user

    def find(self, name: str) -> User | None:
        """The account of this name, or None."""
        row = self._row(name)
        return None if row is None else User(row[0], row[1], tuple(json.loads(row[2])))

    def everybody(self) -> list[User]:
        """All accounts, by name."""
        rows = self._db.execute("SELECT name, tenant, roles FROM users ORDER BY name")
        return [User(name, tenant, tuple(json.loads(roles))) for name, tenant, roles in rows]

    def hash_of(self, name: str) -> str:
        """What is kept of the password of `name`: algorithm, work, salt and hash (PHC string format).

        Raises:
            Misuse: there is no such account.
        """
        row = self._row(name)
        if row is None:
            raise Misuse("users.unknown", name=name)
        return str(row[3])

    def set_roles(self, name: str, roles: Iterable[str]) -> None:
        """Give `name` these roles and no others.

        Raises:
            Misuse: there is no such account, or `roles` is one word in the place of several.
        """
        if isinstance(roles, str) or self.find(name) is None:
            raise Misuse("users.roles", name=name, roles=roles)
        with self._db:
            self._db.execute("UPDATE users SET roles = ? WHERE name = ?", (json.dumps(sorted(roles)), name))

    def set_password(self, name: str, password: str) -> None:
        """Give `name` a new password; the old one is good for nothing from now on.

        Raises:
            Misuse: there is no such account.
        """
        if self.find(name) is None:
            raise Misuse("users.unknown", name=name)
        with self._db:
            self._db.execute("UPDATE users SET password_hash = ? WHERE name = ?", (self._hasher.hash(password), name))

    def check(self, name: str, password: str) -> User:
        """The account, if the password is right.

        An unknown name costs a hash like a known one and is refused in the same words, so that nobody can tell which
        names exist.

        Raises:
            Refused: 401, whatever was wrong.
        """
        row = self._row(name)
        right = _fits(self._hasher, _nobody(self._hasher) if row is None else row[3], password)
        user = self.find(name)
        if not right or user is None:
            raise Refused("sign-in.failed")
        return user

    def _row(self, name: str) -> Any:
        return self._db.execute(
            "SELECT name, tenant, roles, password_hash FROM users WHERE name = ?", (name,)
        ).fetchone()


@cache
def _hasher(demo: bool) -> Any:
    if standins.IN_BROWSER:
        return standins.Argon2()
    from argon2 import PasswordHasher  # noqa: PLC0415  (where it is missing, all but signing in still works)

    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if demo else PasswordHasher()


def _fits(hasher: Any, hashed: str, password: str) -> bool:
    if isinstance(hasher, standins.Argon2):
        return hasher.verify(hashed, password)
    from argon2.exceptions import VerificationError  # noqa: PLC0415  (see _hasher)

    try:
        return bool(hasher.verify(hashed, password))
    except VerificationError:
        return False


@cache
def _nobody(hasher: Any) -> str:
    hashed: str = hasher.hash("the password of nobody")
    return hashed


@dataclass(slots=True)
class Grant:
    """What a refresh token stands for.

    Attributes:
        user: Whose it is.
        client: Who may use it.
        scopes: No refresh gives more than these.
        family: All refresh tokens that descend from one sign-in.
        expires: Unix seconds.
    """

    user: str
    client: str
    scopes: tuple[str, ...]
    family: str
    expires: float
    used: bool = False


class RefreshTokens:
    """Refresh tokens that rotate: good once; a second use ends the whole family (RFC 9700 section 4.14.2)."""

    def __init__(self) -> None:
        self._grants: dict[str, Grant] = {}
        self._ended: dict[str, None] = {}

    def add(self, token: str, grant: Grant) -> None:
        """Remember `token`."""
        self._grants[token] = grant

    def redeem(self, token: str, client: str, now: float) -> Grant:
        """Use `token` up, and give what it stands for.

        Raises:
            Refused: 401, unknown, another client's, expired, ended, or used before; in the last case its family ends.
        """
        grant = self._grants.get(token)
        if grant is None or grant.client != client:
            raise Refused("refresh.unknown")
        if grant.used:
            self.end_family(grant.family)
            raise Refused("refresh.replayed", family=grant.family)
        if grant.family in self._ended:
            raise Refused("refresh.ended")
        if grant.expires <= now:
            raise Refused("refresh.expired")
        grant.used = True
        return grant

    def find(self, token: str) -> Grant | None:
        """What `token` stands for, used or not; None where it is unknown."""
        return self._grants.get(token)

    def end_family(self, family: str) -> None:
        """End every token of one sign-in."""
        self._ended[family] = None

    def families(self, user: str) -> list[str]:
        """Every sign-in of `user`, oldest first."""
        return list(dict.fromkeys(grant.family for grant in self._grants.values() if grant.user == user))

    def is_alive(self, token: str, now: float) -> bool:
        """Whether `token` would still be accepted."""
        grant = self._grants.get(token)
        return grant is not None and not grant.used and grant.family not in self._ended and grant.expires > now

    def alive(self, now: float) -> list[str]:
        """The tokens that would still be accepted, in the order in which they were given."""
        return [token for token in self._grants if self.is_alive(token, now)]


@dataclass(frozen=True, slots=True)
class Reference:
    """What an opaque token stands for.

    Attributes:
        user: Whose it is.
        family: The sign-in it comes from.
        expires: Unix seconds.
    """

    user: str
    family: str
    expires: int


class References:
    """Opaque tokens and what they stand for."""

    def __init__(self) -> None:
        self._known: dict[str, Reference] = {}

    def add(self, opaque: str, reference: Reference) -> None:
        """Remember `opaque`."""
        self._known[opaque] = reference

    def find(self, opaque: str, now: float) -> Reference | None:
        """What `opaque` stands for; None where it is unknown, ended or expired."""
        found = self._known.get(opaque)
        return found if found is not None and now < found.expires else None

    def end_family(self, family: str) -> None:
        """Forget every opaque token of one sign-in."""
        self._known = {opaque: known for opaque, known in self._known.items() if known.family != family}
