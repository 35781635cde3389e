"""Whole 期: booked for all dates or for none."""
