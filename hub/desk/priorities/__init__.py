"""Who goes first in a draw, verified by the desk."""
