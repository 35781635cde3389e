"""The specification of hub/desk."""
