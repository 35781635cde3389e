"""The specification of hub/ops."""
