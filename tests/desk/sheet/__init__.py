"""The specification of hub/desk/sheet."""
