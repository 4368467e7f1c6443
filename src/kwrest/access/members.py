"""Who is in which role, through how many others ever. `root` is in `admin`, always and with the ADMIN OPTION."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kwrest.engines.base import Engine, Put, Remove, Step
from kwrest.system import ADMIN, ROLE_MEMBERS, ROOT

Roles = Mapping[str, bool]  # role → with the ADMIN OPTION
_NONE: Roles = {}


@dataclass(frozen=True, slots=True)
class Members:
    """direct: member → the roles that were granted to it. Names are folded."""

    direct: Mapping[str, Roles] = field(default_factory=dict)
    _reached: dict[str, Roles] = field(default_factory=dict, compare=False, repr=False)  # what `roles` found before

    def direct_roles(self, member: str) -> Roles:
        return self.direct.get(member, _NONE)

    def roles(self, member: str) -> Roles:
        """All roles the member is in, through others too; with the ADMIN OPTION when any way to the role has it."""
        if member not in self.direct:
            return _NONE  # nothing is kept of names that anyone may say
        known = self._reached.get(member)
        if known is None:
            known = self._reached[member] = self._walk(member)
        return known

    def _walk(self, member: str) -> Roles:
        found: dict[str, bool] = {}
        waiting, seen = [member], {member}
        while waiting:
            for role, option in self.direct_roles(waiting.pop()).items():
                found[role] = option or found.get(role, False)
                if role not in seen:
                    seen.add(role)
                    waiting.append(role)
        return found

    def with_member(self, member: str, roles: Roles) -> Members:
        """With what was granted to one member replaced."""
        others = {m: r for m, r in self.direct.items() if m != member}
        return Members({**others, member: dict(roles)} if roles else others)

    def without(self, names: Iterable[str]) -> Members:
        """Without users and roles that go, as members and as roles."""
        gone = set(names)
        left = {
            member: {role: option for role, option in roles.items() if role not in gone}
            for member, roles in self.direct.items()
            if member not in gone
        }
        return Members({member: roles for member, roles in left.items() if roles})

    def __iter__(self) -> Iterator[tuple[str, str, bool]]:
        """(role, member, with the ADMIN OPTION), in that order."""
        return iter(
            sorted((role, member, option) for member, roles in self.direct.items() for role, option in roles.items())
        )


def load(engine: Engine) -> Members:
    """All memberships as stored, and root's."""
    rows = engine.read_system(ROLE_MEMBERS)
    direct: dict[str, dict[str, bool]] = {ROOT: {ADMIN: True}}
    for role, member, option in zip(rows["role"], rows["member"], rows["is_admin"], strict=True):
        direct.setdefault(str(member), {})[str(role)] = bool(option)
    return Members(direct)


def replacement(member: str, roles: Roles) -> list[Step]:
    """The steps that make `roles` all that is granted to the member."""
    stored = [(role, option) for role, option in roles.items() if (member, role) != (ROOT, ADMIN)]
    steps: list[Step] = [Remove(ROLE_MEMBERS, "member", [member])]
    if stored:
        steps.append(
            Put(
                ROLE_MEMBERS,
                {
                    "role": [role for role, _ in stored],
                    "member": [member] * len(stored),
                    "is_admin": [option for _, option in stored],
                },
            )
        )
    return steps


def removal(names: Iterable[str]) -> list[Step]:
    """The steps that remove users and roles that go from wherever they are members or have some."""
    gone = list(names)
    return [Remove(ROLE_MEMBERS, "member", list(gone)), Remove(ROLE_MEMBERS, "role", list(gone))]
