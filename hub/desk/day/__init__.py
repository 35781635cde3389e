"""A centre's day on the screen: its slots, and the conflicts among them."""
