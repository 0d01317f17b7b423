"""Tests of worksheets and their marking."""
