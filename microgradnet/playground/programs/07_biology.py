# The lesson: The neuron and its biological twin

from microgradnet import Value, parameter, relu

# Dendrites bring signals, synapses weigh them, the soma adds them up, and the axon fires if that is enough.
light = Value(0.9, "light")
sound = Value(0.2, "sound")
excitatory = parameter(1.2, "excitatory synapse")
inhibitory = parameter(-0.8, "inhibitory synapse")
threshold = Value(0.5, "threshold")

soma = excitatory * light + inhibitory * sound - threshold
soma.label = "soma"
axon = relu(soma)
axon.label = "axon"
axon.backward()
