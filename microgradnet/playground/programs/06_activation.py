# The lesson: Why non-linearity is needed

from microgradnet import parameter, tanh

# Without an activation, two neurons in a row are one straight line: change x and see.
x = parameter(0.5, "x")
line = 2 * (3 * x + 1) - 4        # = 6·x − 2, whatever x is
bent = 2 * tanh(3 * x + 1) - 4

line.label, bent.label = "line", "bent"
line.backward()
print("the slope of the line is", x.grad, "everywhere")

x.grad = 0.0
bent.backward()
print("the slope of the bent one, here:", x.grad)
