"""Who came, who did not, and leave of single dates."""
