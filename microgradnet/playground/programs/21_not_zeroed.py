# Mistakes: Gradients that were never cleared

from microgradnet import parameter

w = parameter(1.0, "w")
for step in range(5):
    loss = (w * 3 - 6) ** 2      # least at w = 2
    loss.backward()
    w.data -= 0.05 * w.grad      # w.grad still holds the gradients of earlier steps: it overshoots
    print(step, "w =", round(w.data, 3), "w.grad =", round(w.grad, 3))
# mend it: w.grad = 0.0 before loss.backward()
