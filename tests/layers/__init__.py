"""Tests of layers: images, sequences, symbols, and loops whose body is written once."""
