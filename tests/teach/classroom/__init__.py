"""Tests of the class page."""
