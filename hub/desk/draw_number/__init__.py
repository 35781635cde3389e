"""The public number of a draw, typed in by the desk."""
