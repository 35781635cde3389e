"""The bookings of a household: list, proof, cancellation, moving, look-up without sign-in."""
