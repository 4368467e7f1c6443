"""The rooms below fit what the web layer asks of them. mypy is the judge; at run time it is enough that they can be imported."""

from __future__ import annotations

from kwrest.access.access import Access
from kwrest.web import services


def as_asked(access: Access) -> services.Access:
    return access


def test_access_has_every_method_the_web_layer_calls() -> None:
    asked = {name for name in vars(services.Access) if not name.startswith("_")}
    assert asked <= set(vars(Access))
