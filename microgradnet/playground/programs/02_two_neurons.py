# The lesson: Two neurons, one after the other

from microgradnet import Value, parameter, sigmoid

x = Value(0.1, "x₁")
w1, b1 = parameter(0.15, "w₁"), parameter(0.4, "b₁")
w2, b2 = parameter(0.45, "w₂"), parameter(0.65, "b₂")

a1 = sigmoid(w1 * x + b1)
a1.label = "a₁"
a2 = sigmoid(w2 * a1 + b2)   # what the first neuron says is what the second one hears
a2.label = "a₂"

a2.backward()
print("how much w₁ moves the output:", w1.grad)
