"""Neurons, layers, networks and their parameters."""
