# Mistakes: A neuron with another number of inputs

from microgradnet import Neuron

neuron = Neuron(2, "tanh", seed=1)
y = neuron([1.0, 2.0, 3.0])
