"""The administrator: accounts, lists, calendar, jobs."""
