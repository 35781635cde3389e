"""Slots and how they are found."""
