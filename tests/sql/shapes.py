"""A tree as one line of text, for tests that read as tables: positions and defaults are left out, operators are bracketed."""

from __future__ import annotations

import dataclasses

from kwrest.sql import tree


def shape(node: object) -> str:
    """`(a + (b * c))`, `sum(x)`, `CreateTable(name=t columns=[…])`."""
    match node:
        case tree.Ident(name, quoted):
            return f'"{name}"' if quoted else name
        case tree.Name(parts):
            return ".".join(map(shape, parts))
        case tree.Star(table):
            return ".".join([*map(shape, table), "*"])
        case tree.TypeName(name, arguments, array):
            numbers = f"({','.join(map(str, arguments))})" if arguments else ""
            return name + numbers + ("[]" if array else "")
        case tree.Number(text):
            return text
        case tree.String(value):
            return repr(value)
        case tree.Boolean() | tree.Null():
            return str(getattr(node, "value", None)).upper().replace("NONE", "NULL")
        case tree.Duration(number, unit) | tree.Span(number, unit):
            return f"{number}{unit}"
        case tree.Unary(op, operand):
            return f"({op} {shape(operand)})"
        case tree.Binary(op, left, right):
            return f"({shape(left)} {op} {shape(right)})"
        case tree.Cast(operand, type_, annotated):
            return f"{shape(operand)}{':::' if annotated else '::'}{shape(type_)}"
        case tree.Tuple(items):
            return f"({', '.join(map(shape, items))},)"
        case tree.Call() if not rest(node, "name", "arguments", "star"):
            return f"{node.name}({'*' if node.star else ', '.join(map(shape, node.arguments))})"
        case tree.SelectItem(expr, alias):
            return shape(expr) + (f" AS {shape(alias)}" if alias else "")
        case tree.TableRef(name, alias, ()):
            return ".".join(map(shape, name)) + (f" AS {shape(alias)}" if alias else "")
        case tree.Query(body) if len(rest(node)) == 1:
            return shape(body)
        case tree.Select(items) if len(rest(node)) == 1:
            return f"Select{shape(items)}"
        case tree.Subquery(query):
            return f"({shape(query)})"
        case tuple():
            return f"[{', '.join(map(shape, node))}]"
        case str():
            return repr(node)
        case _ if dataclasses.is_dataclass(node):
            said = rest(node)
            return f"{type(node).__name__}({' '.join(said)})"
        case _:
            return repr(node)


def rest(node: object, *without: str) -> list[str]:
    """`field=shape` of the fields that differ from their defaults; names and lists of names read as SQL has them."""
    said = []
    for field in dataclasses.fields(node):  # type: ignore[arg-type]  # the caller passes a dataclass
        value = getattr(node, field.name)
        if field.name in ("at", *without) or value == field.default:
            continue
        if field.name in ("name", "table") and isinstance(value, tuple):
            said.append(f"{field.name}={'.'.join(map(shape, value))}")
        else:
            said.append(f"{field.name}={shape(value)}")
    return said
