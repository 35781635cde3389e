"""The specification of hub/calendars."""
