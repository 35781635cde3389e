"""For everyone: with a keyboard, a screen reader, large type, few colours, little room."""
