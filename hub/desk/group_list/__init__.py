"""接龙: the list of a chat group, read line by line and booked."""
