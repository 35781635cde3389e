"""The specification of hub/web."""
