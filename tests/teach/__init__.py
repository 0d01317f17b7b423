"""Worked examples, exercises, worksheets, misconceptions."""
