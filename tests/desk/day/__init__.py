"""The specification of hub/desk/day."""
