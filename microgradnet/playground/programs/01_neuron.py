# The lesson: One neuron

from microgradnet import Value, parameter, sigmoid

x = Value(0.1, "x₁")
w = parameter(0.15, "w₁")
b = parameter(0.4, "b₁")

z = w * x + b        # the weighted sum
z.label = "z₁"
a = sigmoid(z)       # the activation
a.label = "a₁"

a.backward()         # the chain rule, from a₁ back to every leaf
print("∂a₁/∂w₁ =", w.grad)
