"""What runs without anybody pressing a button, and the check that everything adds up."""
