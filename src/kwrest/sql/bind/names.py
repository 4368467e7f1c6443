"""How KWDB names types in its errors and columns without an alias in its results."""

from __future__ import annotations

from kwrest.sql import tree
from kwrest.types.kinds import Family, Type

# What `x::T` is called when x has no name of its own: PostgreSQL's word for the type.
_CAST_NAMES: dict[str, str] = {
    "DECIMAL": "numeric",
    "NUMERIC": "numeric",
    "DEC": "numeric",
    "STRING": "text",
    "TEXT": "text",
    "CHAR": "bpchar",
    "CHARACTER": "bpchar",
    "NCHAR": "bpchar",
    "NVARCHAR": "varchar",
    "CHARACTER VARYING": "varchar",
    "BYTES": "bytea",
    "BYTEA": "bytea",
    "BLOB": "bytea",
    "VARBYTES": "bytea",
    "INT": "int4",
    "INTEGER": "int4",
    "SMALLINT": "int2",
    "BIGINT": "int8",
    "INT64": "int8",
    "FLOAT": "float8",
    "DOUBLE": "float8",
    "DOUBLE PRECISION": "float8",
    "REAL": "float4",
    "BOOLEAN": "bool",
    "JSON": "jsonb",
}

UNNAMED = "?column?"


def described(type_: Type) -> str:
    """A type within `<…>` of an operator error or a cast error: `int4`, `int`, `timestamptz(3)`, `varchar`."""
    if type_.element is not None:
        return f"{described(type_.element)}[]"
    if type_.family is Family.INT and type_.width == 8 and type_.name == "INT8":
        return "int"
    if type_.family is Family.FLOAT and type_.width == 8:
        return "float"
    if type_.family in (Family.TIMESTAMP, Family.TIMESTAMPTZ) and type_.precision:
        return f"{type_.name.lower()}({type_.precision})"
    return type_.name.lower()


def result_name(item: tree.SelectItem) -> str:
    """The name of an item of a SELECT list: its alias, or what its expression suggests, or `?column?`."""
    if item.alias is not None:
        return item.alias.name
    return _suggested(item.expr)[0] or UNNAMED


def _suggested(node: tree.Expr) -> tuple[str, bool]:
    """(name, whether it is stronger than the name of a type around it)."""
    match node:
        case tree.Name():
            return node.parts[-1].name, True
        case tree.Call(name="count_rows"):
            return "count", True
        case tree.Call(name="ifnull"):
            return "coalesce", True
        case tree.Call():
            return node.name, True
        case tree.Cast():
            return _cast_name(node.operand, node.type)
        case tree.TypedLiteral():
            return _type_name(node.type), False
        case tree.Case():
            name, strong = _suggested(node.otherwise) if node.otherwise is not None else ("", False)
            return (name, True) if strong else ("case", False)
        case tree.AtTimeZone():
            return "timezone", True
        case tree.Collate():
            return _suggested(node.operand)
        case tree.Index():
            return _suggested(node.operand)
        case tree.Array() | tree.ArrayQuery():
            return "array", True
        case tree.Tuple():
            return "row", True
        case tree.Exists():
            return "exists", True
        case tree.Subquery():
            return _query_name(node.query)
        case _:
            return "", False


def _cast_name(operand: tree.Expr, type_: tree.TypeName) -> tuple[str, bool]:
    name, strong = _suggested(operand)
    return (name, True) if strong else (_type_name(type_), False)


def _type_name(type_: tree.TypeName) -> str:
    return _CAST_NAMES.get(type_.name, type_.name.lower())


def _query_name(query: tree.Query) -> tuple[str, bool]:
    body = query.body
    if isinstance(body, tree.Select) and len(body.items) == 1:
        item = body.items[0]
        return (item.alias.name, True) if item.alias is not None else _suggested(item.expr)
    if isinstance(body, tree.Values):
        return "column1", True
    return "", False


def written(node: tree.Expr) -> str:
    """A short expression as an error shows it."""
    match node:
        case tree.Name():
            return node.parts[-1].name
        case tree.Number():
            return node.text
        case tree.String():
            return f"'{node.value}'"
        case tree.Unary():
            return f"{node.op}{written(node.operand)}"
        case tree.Call():
            return f"{node.name}({', '.join(map(written, node.arguments))})"
        case tree.Binary():
            return f"{written(node.left)} {node.op} {written(node.right)}"
        case _:
            return "expression"
