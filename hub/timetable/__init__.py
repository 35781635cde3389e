"""Dated slots, and finding one that suits."""
