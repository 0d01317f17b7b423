"""Tests of compiling: capture, the passes, the array program, the interface, the vector of parameters."""
