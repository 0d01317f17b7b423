# Mistakes: A name that was not imported

from microgradnet import parameter

w = parameter(0.5, "w")
y = sigmoid(w * 2)
