"""What binding one statement needs to know: the world as it stands, and who speaks in which database and zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol
from zoneinfo import ZoneInfo

from kwrest.errors import KwrestError
from kwrest.model import Database, Dedup, Privilege, Table, User
from kwrest.sql.bound import Right
from kwrest.types.kinds import BOOL, FLOAT8, INT8, INTERVAL, STRING, Type


def setting_type(letter: str) -> tuple[Type, str]:
    """The type of the values of a setting with KWDB's letter, and the word for it. Versions, enumerations, sizes are text."""
    return _SETTING_TYPES.get(letter, (STRING, "string"))


_SETTING_TYPES: dict[str, tuple[Type, str]] = {
    "i": (INT8, "int"),
    "f": (FLOAT8, "float"),
    "b": (BOOL, "bool"),
    "d": (INTERVAL, "interval"),
}


@dataclass(frozen=True, slots=True)
class SettingFacts:
    """A cluster setting as SHOW prints it. type: KWDB's letter (`setting_type`)."""

    name: str
    value: str
    type: str
    description: str


@dataclass(frozen=True, slots=True)
class UserFacts:
    """A user or role as SHOW prints it. valid_until: nanoseconds since 1970 UTC; member_of: roles it was put in, by name."""

    name: str
    createrole: bool = False
    login: bool = True
    valid_until: int | None = None
    member_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Membership:
    """One stored membership. admin: with the ADMIN OPTION."""

    role: str
    member: str
    admin: bool


@dataclass(frozen=True, slots=True)
class Granted:
    """One stored grant on some object."""

    grantee: str
    privilege: Privilege


@dataclass(frozen=True, slots=True)
class QueryFacts:
    """A statement at work, as SHOW QUERIES prints it. session: empty when it came by a password; start: nanoseconds since
    1970; statement: without passwords."""

    id: str
    session: str
    user: str
    start: int
    statement: str
    address: str
    phase: str


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session, as SHOW SESSIONS prints it. active, last: statements without passwords; start, oldest: nanoseconds since
    1970, oldest: of the statement that is longest at work, None when none is."""

    id: str
    user: str
    address: str
    active: Sequence[str]
    last: str
    start: int
    oldest: int | None


class World(Protocol):
    """What the binder may ask. Names arrive folded; `version` is raised by every change of anything below."""

    @property
    def version(self) -> int: ...
    def database(self, name: str) -> Database | None: ...
    def databases(self) -> Sequence[Database]:
        """What SHOW DATABASES lists: the built-in ones too, the server's own not."""
        ...

    def table(self, database: Database, name: str) -> Table | None: ...
    def tables(self, database: Database) -> Sequence[Table]: ...
    def dependants(self, table: Table) -> Sequence[Table]:
        """The views whose query names the table or view."""
        ...

    def table_by_id(self, number: int) -> Table | None: ...
    def next_column(self, table: Table) -> int:
        """The id of the table's next column; it changes with the table's version only."""
        ...

    def referring(self, table: Table) -> Sequence[Table]:
        """The tables with a foreign key to the table, itself among them."""
        ...

    def setting(self, name: str) -> SettingFacts | None: ...
    def settings(self) -> Sequence[SettingFacts]: ...
    def users(self) -> Sequence[UserFacts]:
        """All users and roles, by name; `admin` too."""
        ...

    def memberships(self) -> Sequence[Membership]:
        """By role and member."""
        ...

    def queries(self, user: User) -> Sequence[QueryFacts]:
        """What is at work and `user` may see, the oldest first."""
        ...

    def sessions(self, user: User) -> Sequence[SessionFacts]:
        """Who is logged in, as far as `user` may see it, the oldest first."""
        ...

    def grants(self, user: User, object_: Database | Table) -> Sequence[Granted]:
        """The stored grants on the object that the user is shown."""
        ...

    def may_see(self, user: User, table: Table) -> bool:
        """Whether the user has any privilege on the table (SHOW TABLES lists only those)."""
        ...


@dataclass(slots=True)
class Context:
    """One statement's surroundings. current: the current database, or why there is none; dedup: `ts.dedup.rule` now;
    asked: rights that come before everything else (`ask`); known: inside a view, the columns that a table had when the view
    was made."""

    world: World
    user: User
    current: Database | KwrestError
    zone: ZoneInfo
    dedup: Dedup = Dedup.OVERRIDE
    asked: list[Right] = field(default_factory=list)
    known: Mapping[int, frozenset[int]] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    @property
    def database(self) -> Database:
        """Where unqualified names are looked up. Raises what went wrong with the USE before: nothing is done elsewhere."""
        if isinstance(self.current, KwrestError):
            raise self.current
        return self.current

    def ask(self, right: Right) -> None:
        """Note a right that KWDB asks for before it looks further, so that not even an error of the binder's is heard
        without it: errors name columns, types, tables that are already there."""
        if right not in self.asked:
            self.asked.append(right)

    def source_number(self) -> int:
        """The next number for a source (bound.Scan.number …), unique within the statement."""
        return next(self._numbers)
