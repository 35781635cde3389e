"""The specification of hub/desk/feedback."""
