"""Tests of families: who is in a household."""
