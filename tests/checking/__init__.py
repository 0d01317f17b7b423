"""Gradient checks and operations of a user's own."""
