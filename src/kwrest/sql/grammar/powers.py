"""Operators and how tightly they bind: CockroachDB 20.1's table, loosest first."""

from __future__ import annotations

OR, AND, NOT, IS, COMPARISON, LIKE, CONTAINS, OVERLAPS = 1, 2, 3, 4, 5, 6, 8, 9
CONCAT, BIT_OR, BIT_XOR, BIT_AND, SHIFT, SUM, PRODUCT, POWER = 11, 12, 13, 14, 15, 16, 17, 18
AT, COLLATE, SIGN, CAST = 19, 20, 21, 24

BINARY: dict[str, tuple[int, str]] = {
    "or": (OR, "OR"),
    "and": (AND, "AND"),
    **{op: (COMPARISON, op) for op in ("=", "<", ">", "<=", ">=", "!=")},
    "<>": (COMPARISON, "!="),
    **{op: (LIKE, op) for op in ("~", "!~", "~*", "!~*")},
    **{op: (CONTAINS, op) for op in ("@>", "<@", "?", "?|", "?&")},
    **{op: (CONCAT, op) for op in ("||", "->", "->>", "#>", "#>>", "#-")},
    "|": (BIT_OR, "|"),
    "#": (BIT_XOR, "#"),
    "&": (BIT_AND, "&"),
    **{op: (SHIFT, op) for op in ("<<", ">>", "<<=", ">>=", "&&")},
    **{op: (SUM, op) for op in ("+", "-")},
    **{op: (PRODUCT, op) for op in ("*", "/", "//", "%")},
    "^": (POWER, "^"),
}
"""Operator as written → (power, operator as it stands in the tree). All associate to the left."""

_WORDS: dict[str, int] = {
    **dict.fromkeys(("is", "isnull", "notnull"), IS),
    **dict.fromkeys(("between", "in", "like", "ilike", "similar"), LIKE),
    "overlaps": OVERLAPS,
    "at": AT,
    "collate": COLLATE,
    **dict.fromkeys(("::", ":::"), CAST),
}
"""Infix and postfix words with forms of their own."""

POWERS = {**{key: power for key, (power, _) in BINARY.items()}, **_WORDS}
