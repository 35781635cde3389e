"""The specification of hub/notices."""
