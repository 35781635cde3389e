"""The adults and children of a household."""
