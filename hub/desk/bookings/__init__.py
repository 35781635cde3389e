"""What the desk does to one booking: attendance, cancelling, moving, restoring."""
