"""The specification of hub/timetable/sharing."""
