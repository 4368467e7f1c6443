"""Text → tree: recursive descent, with a Pratt parser for expressions. Each file is a layer that stands on the one before:

keywords, powers; cursor → types → calls → operands → expressions → sources → queries → writes → columns → ddl → alter → users → show → statements
"""

from kwrest.sql.grammar.statements import parse

__all__ = ["parse"]
