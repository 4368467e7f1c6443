"""Engines: one folder an implementation, one contract (`base.py`), one suite that judges them all."""
