# The lesson: Layers

from microgradnet import MLP, Value

model = MLP(2, [2, 2, 1], "sigmoid", "sigmoid", seed=7)
output = model([Value(0.5, "x₁"), Value(-1.0, "x₂")])

output.backward()
print(model, "has", len(model.parameters()), "parameters")
