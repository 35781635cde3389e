"""The specification of hub/desk/priorities."""
