"""日程单: a centre's day on paper."""
