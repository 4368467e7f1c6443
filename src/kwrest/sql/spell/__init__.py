"""Bound trees as an engine's text."""
