"""Places: who has one, who waits for one, and giving them back."""
