# Networks: A layer of three neurons

from microgradnet import Layer, Value, total

layer = Layer(2, 3, "relu", seed=3)
outputs = layer([Value(1.0, "x₁"), Value(-0.5, "x₂")])
s = total(outputs)
s.label = "sum"
s.backward()
