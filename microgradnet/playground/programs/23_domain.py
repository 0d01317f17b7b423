# Mistakes: The logarithm of a negative number

from microgradnet import log, parameter

p = parameter(0.3, "p")
q = log(p - 0.5)     # a probability cannot be negative
q.backward()
