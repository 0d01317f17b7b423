"""Tests of the exercises: right solutions, wrong ones, and programs that misbehave."""
