"""COMMENT ON a database, a table or a column; SHOW … WITH COMMENT shows it."""

from __future__ import annotations

from kwrest.errors import InsufficientPrivilege, NoTableNamed, UndefinedColumn
from kwrest.model import Privilege
from kwrest.sql import tree
from kwrest.sql.bind.context import Context
from kwrest.sql.bind.targets import target_database, target_table
from kwrest.sql.bound import DatabaseRight, TableRight
from kwrest.sql.definitions import SetComment
from kwrest.system import KWDB_SYSTEM


def bind_comment(statement: tree.CommentOn, context: Context) -> SetComment:
    """Bind COMMENT ON; it takes CREATE on what it is about. IS NULL and an empty text take the comment away."""
    comment = statement.comment or None
    if statement.kind == "DATABASE":
        database = target_database(statement.name[0], context)
        if database.name == KWDB_SYSTEM:
            raise InsufficientPrivilege(user=context.user.name, privilege="CREATE", object=f"database {database.name}")
        return SetComment(database, None, comment, (DatabaseRight(Privilege.CREATE, database),))
    if statement.kind == "TABLE":
        table = target_table(statement.name, context, "CREATE")
        return SetComment(table, None, comment, (TableRight(Privilege.CREATE, table),))
    if len(statement.name) == 1:
        raise NoTableNamed()
    table = target_table(statement.name[:-1], context, "CREATE")
    column = table.column(statement.name[-1].name)
    if column is None:
        raise UndefinedColumn(name=statement.name[-1].name)
    return SetComment(table, column, comment, (TableRight(Privilege.CREATE, table),))
