"""A centre's day on the screen: its slots, and what cannot be right about them."""
