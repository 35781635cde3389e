"""The specification of hub/desk/slot_changes."""
