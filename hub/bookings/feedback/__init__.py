"""Feedback (满意度): what families say of a slot that is over."""
