"""Measurements, printed as Markdown tables. No test asserts a time; these show it."""
