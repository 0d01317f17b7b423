"""Tests of the misconceptions and their comparison."""
