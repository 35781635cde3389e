"""The specification of hub/desk/reasons."""
