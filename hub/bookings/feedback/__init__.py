"""What families say of a slot that is over."""
