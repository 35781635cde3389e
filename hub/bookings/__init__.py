"""Places: who has one, who waits, is asked or draws for one, whole series, and giving back."""
