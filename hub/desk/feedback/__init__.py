"""What families said of a centre's slots, for its manager."""
