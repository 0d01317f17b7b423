"""Tests of stepping: as data, explained, unrolled, in a terminal, in a page."""
