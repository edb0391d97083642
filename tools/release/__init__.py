"""`make release`: check, build and tag a version."""
