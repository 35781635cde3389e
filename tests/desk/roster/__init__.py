"""The specification of hub/desk/roster."""
