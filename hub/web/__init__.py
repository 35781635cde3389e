"""What knows HTTP: pages and their parts, who may enter, languages, assets, addresses."""
