"""Benches: ratios within one run."""
