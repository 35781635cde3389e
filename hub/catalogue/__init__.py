"""Districts, the kinds of service, centres, their rooms and what they offer."""
