"""The engine: values, operations, graphs, gradients, what is recorded."""
