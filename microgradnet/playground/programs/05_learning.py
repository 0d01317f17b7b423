# The lesson: Learning from mistakes

from microgradnet import Value, parameter, sigmoid

x, T = Value(0.1, "x₁"), Value(0.25, "T")        # the input, and the target
w1, b1 = parameter(0.15, "w₁"), parameter(0.4, "b₁")
w2, b2 = parameter(0.45, "w₂"), parameter(0.65, "b₂")


def error():
    a1 = sigmoid(w1 * x + b1)
    a2 = sigmoid(w2 * a1 + b2)
    return 0.5 * (T - a2) ** 2


for step in range(200):
    E = error()
    for p in (w1, b1, w2, b2):
        p.grad = 0.0
    E.backward()
    if step % 40 == 0:
        print(f"step {step:3d}: E = {E.data:.6f}")
    for p in (w1, b1, w2, b2):
        p.data -= 0.5 * p.grad                   # against the slope

E = error()
E.label = "E"
E.backward()
print(f"at last:  E = {E.data:.6f}")
