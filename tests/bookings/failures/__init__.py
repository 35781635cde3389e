"""What went wrong in systems like this one, each test named after what it prevents here."""
