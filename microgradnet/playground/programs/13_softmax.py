# Networks: Softmax and cross-entropy

from microgradnet import log, parameter, softmax

logits = [parameter(2.0, "cat"), parameter(0.5, "dog"), parameter(-1.0, "bird")]
cat, dog, bird = softmax(logits)
print(f"P(cat) = {cat.data:.3f}, P(dog) = {dog.data:.3f}, P(bird) = {bird.data:.3f}")

loss = -log(dog)             # it was a dog
loss.label = "loss"
loss.backward()
for z in logits:             # the gradient is P − 1 for the right class, P for the others
    print(f"∂loss/∂{z.label} = {z.grad:+.3f}")
