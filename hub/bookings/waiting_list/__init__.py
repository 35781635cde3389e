"""The waiting list: who is next, places held until a family answers, and the page of an offer."""
