"""Users, memberships and grants at one moment: what every check reads, never changed, replaced by each definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kwrest.access import members, privileges, users
from kwrest.access.members import Members
from kwrest.access.privileges import Grants, Objects, Standing
from kwrest.access.users import Account
from kwrest.engines.base import Engine, Put, Step
from kwrest.errors import BadToken
from kwrest.model import User
from kwrest.sql.bind.context import Granted, Membership, UserFacts
from kwrest.system import ADMIN, COUNTERS, PUBLIC

CREDENTIALS = "credentials"  # the counter of credential versions and of users: no two ever have the same


@dataclass(frozen=True, slots=True)
class State:
    """version: higher for every later one; accounts: the role `admin` too; next_credential: the next credential's version."""

    version: int
    accounts: Mapping[str, Account]
    members: Members
    grants: Grants
    next_credential: int
    _standings: dict[str, Standing] = field(default_factory=dict, compare=False, repr=False)  # asked before

    def find(self, user: User) -> Account | None:
        """The user as it is now; None when it has gone, though another may have its name."""
        found = self.accounts.get(user.name)
        return found if found is not None and user.id in (0, found.id) else None

    def who(self, user: User) -> Standing:
        """The user's rights now; raises BadToken when it has gone since it was authenticated."""
        found = self.find(user)
        if found is None:
            raise BadToken()
        return self.standing(found.name)

    def standing(self, name: str) -> Standing:
        """The rights of a user or role that is there."""
        known = self._standings.get(name)
        if known is None:
            names = frozenset((name, *self.members.roles(name), PUBLIC))
            known = Standing(name, names, ADMIN in names, self.accounts[name].createrole, self.members)
            self._standings[name] = known
        return known

    def user(self, account: Account) -> User:
        """What a request knows of its user; raises BadToken when it has gone."""
        standing = self.who(User(account.name, id=account.id))
        return User(account.name, standing.admin, standing.createrole, account.id)

    # -------------------------------------------------------------- for SHOW

    def listed_users(self) -> Sequence[UserFacts]:
        """All users and roles, by name."""
        return [
            UserFacts(
                a.name,
                a.createrole,
                a.login or a.name == ADMIN,
                a.valid_until,
                tuple(sorted(self.members.direct_roles(a.name))),
            )
            for a in sorted(self.accounts.values(), key=lambda a: a.name)
        ]

    def listed_members(self) -> Sequence[Membership]:
        """All memberships that were granted, by role and member."""
        return [Membership(*row) for row in self.members]

    def listed_grants(self, user: User, object_: privileges.Object) -> Sequence[Granted]:
        """The grants on an object that the user is shown."""
        return [Granted(grantee, p) for grantee, p in privileges.shown(self.who(user), self.grants, object_)]


@dataclass(frozen=True, slots=True)
class AccessChange:
    """steps: to be stored together, none when there is nothing to do; after: what then holds; ended: users whose sessions
    are over."""

    steps: tuple[Step, ...]
    after: State
    ended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything a change is decided by. password: the hash of the new one; by: whoever asks; clock: nanoseconds since
    1970 UTC."""

    now: State
    by: Standing
    objects: Objects
    clock: int
    password: str | None = field(default=None, repr=False)


def load(engine: Engine) -> State:
    """What is stored."""
    counters = engine.read_system(COUNTERS)
    by_name = dict(zip(counters["name"], counters["value"], strict=True))
    next_credential = int(str(by_name.get(CREDENTIALS, 1)))
    return State(1, users.load(engine), members.load(engine), privileges.load(engine), next_credential)


def put_counter(value: int) -> Put:
    """The step that stores the next credential's version."""
    return Put(COUNTERS, {"name": [CREDENTIALS], "value": [value]})
