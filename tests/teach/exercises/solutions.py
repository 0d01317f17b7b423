"""A right solution of each exercise, and the wrong ones that learners write, each with what has to be said of it."""

RIGHT = {
    1: """
import math
def tanh_derivative(z):
    return 1 - math.tanh(z) ** 2
""",
    2: """
def backward(order):
    order[-1].grad = 1.0
    for node in reversed(order):
        for operand, derivative in zip(node.operands, node.local_derivatives):
            operand.grad += node.grad * derivative
""",
    3: """
def topological_order(root):
    found, seen = [], set()
    def visit(node):
        if node not in seen:
            seen.add(node)
            for operand in node.operands:
                visit(operand)
            found.append(node)
    visit(root)
    return found
""",
    4: """
import math
class Neuron:
    def __init__(self, weights, bias):
        self.weights, self.bias = weights, bias
    def __call__(self, inputs):
        if len(inputs) != len(self.weights):
            raise ValueError("as many inputs as weights")
        z = sum(w * x for w, x in zip(self.weights, inputs)) + self.bias
        return 1 / (1 + math.exp(-z))
""",
    5: """
import math
def forward(layers, inputs):
    for number, layer in enumerate(layers):
        inputs = [sum(w * x for w, x in zip(weights, inputs)) + bias for weights, bias in layer]
        if number < len(layers) - 1:
            inputs = [math.tanh(z) for z in inputs]
    return inputs
""",
    6: """
def descend(gradient, parameters, learning_rate, steps):
    for _ in range(steps):
        slopes = gradient(parameters)
        parameters = [p - learning_rate * s for p, s in zip(parameters, slopes)]
    return parameters
""",
    7: """
import math
def softmax(scores):
    largest = max(scores)
    powers = [math.exp(s - largest) for s in scores]
    return [p / sum(powers) for p in powers]
def cross_entropy(scores, target):
    largest = max(scores)
    return math.log(sum(math.exp(s - largest) for s in scores)) + largest - scores[target]
def cross_entropy_gradient(scores, target):
    return [p - (i == target) for i, p in enumerate(softmax(scores))]
""",
}

# exercise, what is replaced in the right solution, with what, what must be said
WRONG = [
    (1, "math.tanh(z) ** 2", "math.tanh(z)", "simplest example: tanh_derivative(1.0)"),
    (1, "math.tanh(z) ** 2", "z ** 2", "square a, not z"),
    (1, "1 - math.tanh(z) ** 2", "math.tanh(z)", "simplest example: tanh_derivative(0.0)"),
    (1, "math.tanh(z)", "((math.exp(z) - math.exp(-z)) / (math.exp(z) + math.exp(-z)))", "OverflowError"),
    (1, "return 1", "1", "it gives None: is there a return?"),
    (1, "return 1 - math.tanh(z) ** 2", "return [1 - math.tanh(z) ** 2]", "a number: 1.0"),
    (2, "+= node.grad", "= node.grad", "y = x·x"),
    (2, "order[-1].grad = 1.0", "pass", "the gradient of the result, the last of the order, is 1"),
    (2, "reversed(order)", "order", "go through the order backward"),
    (2, "node.grad * derivative", "derivative", "u.grad should be 0.428564"),
    (2, "node.grad * derivative", "node.grad + derivative", "x.grad should be"),
    (3, "found.append(node)\n    visit(root)", "pass\n        found.insert(0, node)\n    visit(root)", "comes before"),
    (3, "if node not in seen:", "if True:", "a is there 2 times"),
    (3, "            found.append(node)", "        found.append(node)", "is there 2 times"),
    (3, "visit(operand)", "pass", "a is missing"),
    (3, "return found", "return [node.name for node in found]", "a list of nodes"),
    (4, " + self.bias", "", "the bias is added"),
    (4, "1 / (1 + math.exp(-z))", "z", "the sigmoid of 0"),
    (4, "math.exp(-z)", "math.exp(z)", "Neuron([1.0], 0)([1.0])"),
    (4, 'raise ValueError("as many inputs as weights")', "pass", "should be a ValueError"),
    (4, "w * x for", "w * x + self.bias for", "simplest example: Neuron([1.0], 1)([0.0])"),
    (5, "if number < len(layers) - 1:", "if True:", "the last layer has no activation function"),
    (5, "if number < len(layers) - 1:", "if False:", "each hidden layer has the activation function tanh"),
    (5, " + bias for", " for", "the bias is added"),
    (6, "p - learning_rate", "p + learning_rate", "down is against the gradient"),
    (6, "learning_rate * s", "s", "the learning rate is a factor of each step"),
    (6, "range(steps)", "range(min(steps, 1))", "ask for the gradient anew"),
    (6, "    for _ in range(steps):\n        slopes = gradient(parameters)\n",
     "    slopes = gradient(parameters)\n    for _ in range(steps):\n", "ask for the gradient anew"),
    (6, "        parameters = [p - learning_rate * s for p, s in zip(parameters, slopes)]\n",
     "        for i, s in enumerate(slopes):\n            parameters[i] -= learning_rate * s\n",
     "it changed what it was given"),
    (6, "    for _ in range(steps):\n        slopes = gradient(parameters)\n"
     "        parameters = [p - learning_rate * s for p, s in zip(parameters, slopes)]\n",
     "    parameters = list(parameters)\n    for _ in range(steps):\n        for i in range(len(parameters)):\n"
     "            parameters[i] -= learning_rate * gradient(parameters)[i]\n", "take all slopes first"),
    (7, "+ largest - scores[target]", "- scores[target]", "cross_entropy([1.0, 0.0], 0)"),
    (7, "+ largest - scores[target]", "+ largest - scores[0]", "cross_entropy([1.0, 0.0], 1)"),
    (7, "- (i == target)", "", "½ − 1 for the right class"),
    (7, "p - (i == target)", "(i == target) - p", "½ − 1 for the right class"),
    (7, "    largest = max(scores)\n", "    largest = 0\n", "OverflowError"),
    (7, "return math.log(sum(math.exp(s - largest) for s in scores)) + largest - scores[target]",
     "return -math.log(softmax(scores)[target])", "cross_entropy([1000.0, 0.0], 1)"),
]  # fmt: skip
