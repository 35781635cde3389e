"""The specification of hub/catalogue."""
