"""One booking at the desk: attendance, cancelling, moving, restoring."""
