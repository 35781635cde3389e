"""Stories of the product across features, in a real browser."""
