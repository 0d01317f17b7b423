# Mistakes: A step in the wrong direction

from microgradnet import parameter

w = parameter(1.0, "w")
for step in range(5):
    loss = (w - 2) ** 2
    w.grad = 0.0
    loss.backward()
    w.data += 0.1 * w.grad      # uphill; mend it: -=
    print(step, "loss =", round(loss.data, 3))
