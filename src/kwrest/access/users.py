"""Who there is: users and roles, and the rules of their names (facts 4). A role is a user that cannot log in.

Names are the same whatever their case: every name is folded as SQL folds it before it is kept or looked up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from kwrest.engines.base import Engine, Put
from kwrest.errors import InvalidUserName, NoUserName, ReservedRoleName, ReservedUserName, UserNameTooLong
from kwrest.sql.lexer import fold
from kwrest.system import ADMIN, PUBLIC, USERS

_NAME = re.compile(r"[\w][\w.-]*")
_LONGEST = 63  # characters


@dataclass(frozen=True, slots=True)
class Account:
    """A user or role as stored. id: never another's, though the name may be; password: its argon2id hash, None when there
    is none; version: of the credential, raised by whatever ends its sessions and never the same for two users;
    valid_until: nanoseconds since 1970 UTC, None for no end."""

    name: str
    id: int
    password: str | None = field(repr=False)
    version: int
    login: bool = True
    createrole: bool = False
    valid_until: int | None = None

    def expired(self, now: int) -> bool:
        """Whether its time is over. now: nanoseconds since 1970 UTC."""
        return self.valid_until is not None and self.valid_until <= now

    def may_enter(self, now: int) -> bool:
        """Whether it may log in, and its sessions go on."""
        return self.login and not self.expired(now)


# The role `admin` is in no table: it is always there and never changes.
ADMIN_ROLE = Account(ADMIN, 0, None, 0, login=False, createrole=True)


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
    """All users and roles, by name."""
    rows = engine.read_system(USERS)
    columns = (rows[c.name] for c in USERS.columns)
    found = {ADMIN: ADMIN_ROLE}
    for name, number, password, version, login, createrole, until in zip(*columns, strict=True):
        found[str(name)] = Account(
            str(name),
            int(str(number)),
            None if password is None else str(password),
            int(str(version)),
            bool(login),
            bool(createrole),
            None if until is None else int(str(until)),
        )
    return found


def put(accounts: Sequence[Account]) -> Put:
    """The step that stores these users."""
    return Put(
        USERS,
        {
            "name": [a.name for a in accounts],
            "id": [a.id for a in accounts],
            "password": [a.password for a in accounts],
            "version": [a.version for a in accounts],
            "login": [a.login for a in accounts],
            "createrole": [a.createrole for a in accounts],
            "valid_until": [a.valid_until for a in accounts],
        },
    )
