# Networks: Exclusive or, learnt

from microgradnet import MLP

model = MLP(2, [4, 1], "tanh", seed=1)
data = [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)]

for step in range(300):
    loss = sum((model(x) - y) ** 2 for x, y in data)
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= 0.1 * p.grad

for x, y in data:
    print(x, "→", round(model(x).data, 3), "wanted", y)

sample = (model((1, 0)) - 1) ** 2
sample.label = "loss of (1, 0)"
