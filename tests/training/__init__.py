"""Losses, optimisers, data, fit and files."""
