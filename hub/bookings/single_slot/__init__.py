"""One slot: booking, cancelling and moving, and the slot's page with its button."""
