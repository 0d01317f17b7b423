# Mistakes: Contributions overwritten instead of added

from microgradnet import Value

x = Value(3.0, "x")
y = x * x            # x is used twice
y.label = "y"
y.grad = 1.0
x.grad = y.grad * x.data      # the first use
x.grad = y.grad * x.data      # the second use: it must be +=
print("x.grad =", x.grad, "but dy/dx = 2x =", 2 * x.data)
