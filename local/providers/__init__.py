"""The choices of who signs users in and who connects calls, with the credentials of each."""
