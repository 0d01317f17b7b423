# The lesson: One neuron, two inputs

from microgradnet import Neuron, Value

inputs = [Value(0.1, "x₁"), Value(0.5, "x₂")]
neuron = Neuron(2, "sigmoid", seed=1)

a = neuron(inputs)           # σ(w₁·x₁ + w₂·x₂ + b)
a.backward()
for p in neuron.parameters():
    print(p.label, p.data, p.grad)
