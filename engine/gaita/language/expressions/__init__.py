"""Expressions: the guard language (CEL), its types, its faults, and what is refused of it."""
