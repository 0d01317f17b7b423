"""Programs that people bring: written for micrograd, with habits from PyTorch and NumPy, interrupted, in threads."""
