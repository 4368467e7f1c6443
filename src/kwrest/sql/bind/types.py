"""Type names that stand in expressions, and interval literals."""

from __future__ import annotations

from kwrest.errors import WrongSyntax
from kwrest.sql import tree
from kwrest.sql.bind.constants import read_interval
from kwrest.sql.bound import Const, Expr
from kwrest.types import kinds
from kwrest.types.kinds import Type
from kwrest.types.names import UnknownType, WrongTypeArgument, declared_type


def named(name: tree.TypeName) -> Type:
    """The type a name in an expression means: the relational reading, widths count characters.

    Raises WrongSyntax (42601) for an unknown one, in KWDB's words.
    """
    try:
        return declared_type(name.name, name.arguments, name.array, False)
    except UnknownType:
        raise WrongSyntax(reason=f'at or near "{name.name.lower()}": syntax error: type does not exist') from None
    except WrongTypeArgument as error:
        raise WrongSyntax(reason=f'at or near ")": syntax error: {error}') from None


def interval(text: str, unit: str) -> Expr:
    """`interval '5' day`, `interval '1 hour'`. Raises InvalidText (22P02)."""
    return Const(read_interval(text, unit or "second"), kinds.INTERVAL)
