"""Tests of the commands, a file for each group of them."""
