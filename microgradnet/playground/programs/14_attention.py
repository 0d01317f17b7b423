# Networks: Attention

from microgradnet import Value, dot, parameter, softmax

query = [parameter(1.0, "q₁"), parameter(0.5, "q₂")]
keys = [[Value(1.0), Value(0.0)], [Value(0.0), Value(1.0)]]
values = [Value(10.0, "v₁"), Value(20.0, "v₂")]

weights = softmax([dot(query, key) for key in keys])   # how well the query fits each key
read = dot(weights, values)                            # as much of each value
read.label = "read"
read.backward()
print("weights", [round(w.data, 3) for w in weights], "read", round(read.data, 3))
