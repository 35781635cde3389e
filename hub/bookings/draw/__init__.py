"""Draws (摇号): promised, frozen, numbered and drawn so that anybody can recompute them."""
