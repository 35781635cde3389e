"""The specification of hub/desk/group_list."""
