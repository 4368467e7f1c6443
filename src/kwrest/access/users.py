"""Who there is: users, their rights to administer, and the rules of their names (facts 4).

Names are the same whatever their case: every name is folded as SQL folds it before it is kept or looked up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kwrest.engines.base import Engine, Put
from kwrest.errors import InvalidUserName, NoUserName, ReservedRoleName, ReservedUserName, UserNameTooLong
from kwrest.model import User
from kwrest.sql.lexer import fold
from kwrest.system import PUBLIC, USERS

_NAME = re.compile(r"[\w][\w.-]*")
_LONGEST = 63  # characters


@dataclass(frozen=True, slots=True)
class Account:
    """A user as stored. password: its argon2id hash, None when there is none; version: of the credential, raised by
    every change of the password and never the same for two users of one name."""

    name: str
    password: str | None = field(repr=False)
    admin: bool
    createrole: bool
    version: int

    @property
    def user(self) -> User:
        return User(self.name, self.admin, self.createrole)


def new_name(written: str) -> str:
    """The folded name of a new user. Raises NoUserName, ReservedRoleName, ReservedUserName, InvalidUserName, UserNameTooLong."""
    name = fold(written)
    if not name:
        raise NoUserName()
    if name == PUBLIC:
        raise ReservedRoleName(name=name)
    if name == "node":
        raise ReservedUserName(name=name)
    if len(name) > _LONGEST:
        raise UserNameTooLong(name=name)
    if not _NAME.fullmatch(name):
        raise InvalidUserName(name=name)
    return name


def load(engine: Engine) -> dict[str, Account]:
    """All users, by name."""
    rows = engine.read_system(USERS)
    columns = (rows[c.name] for c in USERS.columns)
    found = {}
    for name, password, admin, createrole, version in zip(*columns, strict=True):
        kept = None if password is None else str(password)
        found[str(name)] = Account(str(name), kept, bool(admin), bool(createrole), int(str(version)))
    return found


def put(accounts: Sequence[Account]) -> Put:
    """The step that stores these users."""
    return Put(
        USERS,
        {
            "name": [a.name for a in accounts],
            "password": [a.password for a in accounts],
            "admin": [a.admin for a in accounts],
            "createrole": [a.createrole for a in accounts],
            "version": [a.version for a in accounts],
        },
    )


def listed(accounts: Mapping[str, Account]) -> Sequence[User]:
    """All users, by name; the role `admin` is none of them."""
    return [accounts[name].user for name in sorted(accounts)]
