"""What the staff did that needs a reason, for the manager."""
