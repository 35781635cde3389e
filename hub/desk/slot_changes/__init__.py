"""Capacity, desk places and calling off, for the manager of a centre."""
