"""The desk corrects a person whose name or birth date is wrong, with a reason."""
