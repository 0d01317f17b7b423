# Networks: Backpropagation by hand

from microgradnet import Value

a, b = Value(2.0, "a"), Value(-3.0, "b")
c = a * b
d = c + a
d.label = "d"

# d.backward() would do this:
d.grad = 1.0
c.grad = d.grad * 1.0                  # ∂d/∂c = 1
a.grad = d.grad * 1.0 + c.grad * b.data   # two paths lead to a: their contributions add up
b.grad = c.grad * a.data
print("a.grad =", a.grad, " b.grad =", b.grad)
