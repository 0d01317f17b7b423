"""Tests of the misconceptions and their lab."""
