"""Users, roles, grants, cluster settings (facts 4 and 5)."""

from __future__ import annotations

from kwrest.errors import InvalidPrivilege
from kwrest.sql import tree
from kwrest.sql.grammar.alter import AlterParser
from kwrest.sql.grammar.keywords import RESERVED, words
from kwrest.sql.lexer import Kind, Token

PRIVILEGES = frozenset(
    ("ALL", "CREATE", "DROP", "GRANT", "SELECT", "INSERT", "DELETE", "UPDATE", "ZONECONFIG", "USAGE")
)
_OBJECTS = ("database", "table", "schema")
_FLAGS = words("createrole nocreaterole login nologin")


class UserParser(AlterParser):
    """Reads what administrators say about users, rights and settings; each method begins behind its first words."""

    __slots__ = ()

    # -------- users

    def user_name(self) -> tree.Ident:
        """A user or role: a name or a string."""
        token = self.token
        if token.kind is Kind.STRING or token.kind is Kind.QUOTED:
            self.next()
            return tree.Ident(token.value, True, token.at)
        if token.kind is not Kind.WORD or token.key in RESERVED:
            self.wrong()
        self.next()
        return tree.Ident(token.value, False, token.at)

    def user_names(self) -> tuple[tree.Ident, ...]:
        """`a, b`."""
        found = [self.user_name()]
        while self.accept(","):
            found.append(self.user_name())
        return tuple(found)

    def create_user(self, role: bool) -> tree.CreateUser:
        """CREATE USER or ROLE."""
        if_not_exists = self.if_not_exists()
        return tree.CreateUser(self.user_name(), role, if_not_exists, self._user_options())

    def alter_user(self, role: bool) -> tree.AlterUser:
        """ALTER USER or ROLE."""
        if_exists = self.if_exists()
        return tree.AlterUser(self.user_name(), role, if_exists, self._user_options())

    def drop_user(self, role: bool) -> tree.DropUser:
        """DROP USER or ROLE."""
        if_exists = self.if_exists()
        return tree.DropUser(self.user_names(), role, if_exists)

    def _user_options(self) -> tuple[tuple[str, str | None], ...]:
        found: list[tuple[str, str | None]] = []
        needed = self.accept("with")
        while needed or self.key in _FLAGS or self.key in ("password", "valid"):
            needed = False
            key = self.expect_any(*_FLAGS, "password", "valid")
            if key in _FLAGS:
                found.append((key.upper(), None))
                continue
            if key == "valid":
                self.expect("until")
                key = "valid until"
            found.append((key.upper(), None if self.accept("null") else self.string()))
        return tuple(found)

    # -------- GRANT, REVOKE

    def grant(self, revoke: bool) -> tree.Statement:
        """GRANT or REVOKE, of privileges or of roles."""
        towards = "from" if revoke else "to"
        admin_option = False
        if revoke and self.key == "admin" and self.peek() == "option":
            self.next()
            self.next()
            self.expect("for")
            admin_option = True
        words = self._privileges()
        if self.key != "on":
            roles = tuple(tree.Ident(word.value, word.kind is Kind.QUOTED, word.at) for word in words)
            if self.key != towards or any(word.key == "all" for word in words):
                self.wrong()
            self.next()
            grantees = self.user_names()
            if not revoke and self.accept_all("with", "admin", "option"):
                admin_option = True
            return tree.GrantRole(roles, grantees, admin_option, revoke)
        privileges = tuple(word.value.upper() for word in words)
        for privilege in privileges:
            if privilege not in PRIVILEGES:
                raise InvalidPrivilege(name=privilege.lower())
        self.next()
        kind = "TABLE"
        if self.key in _OBJECTS and (self.is_name(1) or self.peek() == "*"):
            kind = self.next().key.upper()
        objects = [self.object_pattern()]
        while self.accept(","):
            objects.append(self.object_pattern())
        self.expect(towards)
        return tree.Grant(privileges, kind, tuple(objects), self.user_names(), revoke)

    def _privileges(self) -> list[Token]:
        """The words before ON, TO or FROM. ALL stands alone."""
        if self.key == "all":
            found = [self.next()]
            self.accept("privileges")
            return found
        found = []
        while True:
            token = self.token
            wordlike = token.kind is Kind.WORD or token.kind is Kind.QUOTED
            if not wordlike or (token.key in RESERVED and token.key not in ("create", "grant", "select")):
                self.wrong()
            found.append(self.next())
            if not self.accept(","):
                return found

    def object_pattern(self) -> tuple[tree.Ident, ...]:
        """`t`, `db.t`, `db.*`, `*`."""
        parts = []
        while True:
            if self.key == "*":
                parts.append(tree.Ident("*", False, self.next().at))
                return tuple(parts)
            parts.append(self.name() if not parts else self.label())
            if len(parts) == 3 or not self.accept("."):
                return tuple(parts)

    # -------- settings

    def set_(self) -> tree.Statement:
        """SET."""
        if not self.accept_run("cluster", "setting"):
            words = ["SET", self.label().name.upper()]
            self.skip_rest()
            return tree.OtherStatement(" ".join(words))
        name = self.setting_name()
        self.expect_any("=", "to")
        if self.accept("default"):
            return tree.SetSetting(name, None)
        if self.key == "on":
            token = self.next()
            return tree.SetSetting(name, tree.Name((tree.Ident("on", False, token.at),), token.at))
        return tree.SetSetting(name, self.expression())

    def reset(self) -> tree.Statement:
        """RESET."""
        if self.accept_run("cluster", "setting"):
            return tree.SetSetting(self.setting_name(), None)
        words = ["RESET", self.label().name.upper()]
        self.skip_rest()
        return tree.OtherStatement(" ".join(words))

    def setting_name(self) -> str:
        """`server.rest.timeout`, lower case."""
        parts = [self.name()]
        while self.accept("."):
            parts.append(self.label())
        return ".".join(part.name for part in parts).lower()
