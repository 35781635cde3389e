"""What a public page says of itself elsewhere: previews, chat groups, search engines, posters."""
