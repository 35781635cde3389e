"""The specification of the site, in sentences."""
