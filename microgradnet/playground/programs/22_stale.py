# Mistakes: A number changed after it was used

from microgradnet import Value, parameter

w, x = parameter(2.0, "w"), Value(3.0, "x")
y = w * x
w.data = 5.0        # y was computed with w = 2
y.backward()        # … so this refuses; mend it: compute y again
