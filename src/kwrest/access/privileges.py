"""Who may do what: grants as stored, and the one question every statement has to pass. What is not granted is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kwrest.access.members import Members
from kwrest.engines.base import Engine, Put, Remove, Step
from kwrest.errors import (
    AdminOnly,
    AnyPrivilegeNeeded,
    CreateRoleNeeded,
    InsufficientPrivilege,
    NotAdminsAdmin,
    NotRoleAdmin,
)
from kwrest.model import Database, Privilege, Table, TableKind
from kwrest.sql.bound import AdminRight, CreateRoleRight, DatabaseRight, GrantRight, Right, RoleRight, TableRight
from kwrest.system import ADMIN, FIRST_FREE_ID, GRANTS, KWDB_SYSTEM, PUBLIC, ROOT

Object = Database | Table
Held = frozenset[Privilege]
NOTHING: Held = frozenset()
# The privileges that ALL stands for; databases take those of tables too and hand them to new tables (facts 4).
EACH = frozenset(Privilege) - {Privilege.ALL}


class Objects(Protocol):
    """What the grants are on, asked by id: the catalog."""

    def database_by_id(self, number: int) -> Database | None: ...
    def table_by_id(self, number: int) -> Table | None: ...


@dataclass(frozen=True, slots=True)
class Grants:
    """Who holds what on which object: object id → grantee → privileges. Databases and tables share their ids."""

    held: Mapping[int, Mapping[str, Held]] = field(default_factory=dict)

    def of(self, object_: Object, names: Iterable[str]) -> Held:
        """What these hold together."""
        on = self.held.get(object_.id)
        return NOTHING.union(*(on.get(name, NOTHING) for name in names)) if on else NOTHING

    def on(self, object_: Object) -> Mapping[str, Held]:
        return self.held.get(object_.id, {})

    def objects_of(self, grantee: str) -> list[int]:
        """Ids of the objects the grantee was granted something on."""
        return sorted(number for number, on in self.held.items() if grantee in on)

    def with_object(self, number: int, grants: Mapping[str, Held]) -> Grants:
        """With the grants on one object replaced."""
        kept = {grantee: held for grantee, held in grants.items() if held}
        others = {n: on for n, on in self.held.items() if n != number}
        return Grants({**others, number: kept} if kept else others)

    def without(self, numbers: Iterable[int]) -> Grants:
        gone = set(numbers)
        return Grants({n: on for n, on in self.held.items() if n not in gone})

    def __iter__(self) -> Iterator[tuple[int, str, Privilege]]:
        """(object id, grantee, privilege), in that order."""
        for number in sorted(self.held):
            for grantee in sorted(self.held[number]):
                for privilege in sorted(self.held[number][grantee], key=lambda p: p.value):
                    yield number, grantee, privilege


def load(engine: Engine) -> Grants:
    """All grants as stored."""
    rows = engine.read_system(GRANTS)
    held: dict[int, dict[str, Held]] = {}
    for number, grantee, privilege in zip(rows["object_id"], rows["grantee"], rows["privilege"], strict=True):
        on = held.setdefault(int(str(number)), {})
        on[str(grantee)] = on.get(str(grantee), NOTHING) | {Privilege(str(privilege))}
    return Grants(held)


def replacement(object_: Object, grants: Mapping[str, Held]) -> list[Step]:
    """The steps that make `grants` all the grants on the object."""
    rows = [(grantee, p.value) for grantee, held in sorted(grants.items()) for p in held]
    steps: list[Step] = [removal([object_])]
    if rows:
        kind = "database" if isinstance(object_, Database) else "table"
        steps.append(
            Put(
                GRANTS,
                {
                    "object_kind": [kind] * len(rows),
                    "object_id": [object_.id] * len(rows),
                    "grantee": [grantee for grantee, _ in rows],
                    "privilege": [privilege for _, privilege in rows],
                },
            )
        )
    return steps


def removal(objects: Iterable[Object]) -> Remove:
    """The step that removes all grants on objects that go."""
    return Remove(GRANTS, "object_id", [o.id for o in objects])


def granted(held: Held, privileges: Iterable[Privilege]) -> Held:
    """What is held after GRANT."""
    after = held | frozenset(privileges)
    return frozenset({Privilege.ALL}) if Privilege.ALL in after else after


def revoked(held: Held, privileges: Iterable[Privilege]) -> Held:
    """What is held after REVOKE: of ALL the others remain."""
    gone = frozenset(privileges)
    if Privilege.ALL in gone:
        return NOTHING
    return (EACH if Privilege.ALL in held else held) - gone


# ---------------------------------------------------------------- the question


@dataclass(frozen=True, slots=True)
class Standing:
    """Who a user is when it comes to rights. names: what a grant may be to, so that it holds for the user: its own, those
    of the roles it is in, `public`; admin: in the role `admin`; createrole: its own option, no role hands it on."""

    name: str
    names: frozenset[str]
    admin: bool
    createrole: bool
    members: Members


def require(who: Standing, grants: Grants, rights: Iterable[Right]) -> None:
    """Pass when the user holds every right, else raise the first that is missing, in KWDB's words.

    Raises InsufficientPrivilege, AnyPrivilegeNeeded, AdminOnly, CreateRoleNeeded, NotRoleAdmin, NotAdminsAdmin; TypeError
    for an unknown kind of right.
    """
    for right in rights:
        match right:
            case DatabaseRight(privilege, database):
                _require(who, grants, privilege, database)
            case TableRight(None, table):
                if not may_see(who, grants, table):
                    raise AnyPrivilegeNeeded(user=who.name, object=described(table))
            case TableRight(Privilege() as privilege, table):
                _require(who, grants, privilege, table)
            case AdminRight(action):
                if not who.admin:
                    raise AdminOnly(action=action)
            case CreateRoleRight():
                if not (who.admin or who.createrole):
                    raise CreateRoleNeeded(user=who.name)
            case GrantRight(privileges, object_):
                for privilege in (Privilege.GRANT, *privileges):
                    _require(who, grants, privilege, object_)
            case RoleRight(role):
                _require_role(who, role)
            case _:
                raise TypeError(f"no rule says who holds {right!r}")  # never passed on


def may_see(who: Standing, grants: Grants, table: Table) -> bool:
    """Whether the user has any privilege on the table."""
    return who.admin or (table.kind is not TableKind.SYSTEM and bool(grants.of(table, who.names)))


def shown(who: Standing, grants: Grants, object_: Object) -> Iterator[tuple[str, Privilege]]:
    """The stored grants on an object that SHOW GRANTS lists to the user: all of them when it holds any other than through
    `public`, else those that hold for it. Who else may do something is nobody's business whom the object is not for."""
    everyone = who.admin or bool(grants.of(object_, who.names - {PUBLIC}))
    for grantee, held in grants.on(object_).items():
        if everyone or grantee in who.names:
            yield from ((grantee, privilege) for privilege in held)


def described(object_: Object) -> str:
    """An object as KWDB's refusals name it."""
    return f"{'database' if isinstance(object_, Database) else 'relation'} {object_.name}"


def special(name: str) -> bool:
    """Grantees who have everything anyhow."""
    return name in (ROOT, ADMIN)


def own(object_: Object) -> bool:
    """Whether the object is one of the server's own, or the built-in database `system`, which stays empty: admins may
    read it, nobody may do anything else."""
    return object_.id < FIRST_FREE_ID or (isinstance(object_, Database) and object_.name == KWDB_SYSTEM)


def _require(who: Standing, grants: Grants, privilege: Privilege, object_: Object) -> None:
    if own(object_):
        holds = who.admin and privilege is Privilege.SELECT
    else:
        held = grants.of(object_, who.names)
        holds = who.admin or privilege in held or Privilege.ALL in held
    if not holds:
        raise InsufficientPrivilege(user=who.name, privilege=privilege.value, object=described(object_))


def _require_role(who: Standing, role: str) -> None:
    """Whether the user may give and take the role. Making admins takes the ADMIN OPTION on `admin`, whatever the role that
    makes them is called: otherwise any admin could hand on what it was given without it."""
    options = {name for name, option in who.members.roles(who.name).items() if option}
    if role == ADMIN or ADMIN in who.members.roles(role):
        if ADMIN not in options:
            raise NotAdminsAdmin(user=who.name, role=role)
    elif not (who.admin or role in options):
        raise NotRoleAdmin(user=who.name, role=role)
