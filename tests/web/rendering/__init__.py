"""Tests of hub/web/rendering: languages, fragments, marks for those who hear a page."""
