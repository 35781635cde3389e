"""How a template becomes a page: in one language, of fragments, with marks for who hears it."""
