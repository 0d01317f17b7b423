// Forward and backward propagation through a graph of numbers, for the page. Nothing here touches the document.
// The value and the derivatives of an operation come from OPERATIONS, which Python writes.

// erf and erfc, which Math lacks: Abramowitz & Stegun 7.1.6, and the continued fraction 7.1.14 beyond 2.
function erf(x) {
  if (Math.abs(x) > 2) return Math.sign(x) * (1 - erfc(Math.abs(x)));
  let term = x, sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= 2 * x * x / (2 * n + 1);
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

function erfc(x) {
  if (x <= 2) return 1 - erf(x);
  if (x > 27) return 0;
  let fraction = x;
  for (let n = 120; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

// The data of every node of graph = {nodes: [{f, operands, data}], …}, nodes in topological order, f an index into
// operations or -1 for a leaf; the first node whose result is not finite though its operands are, or -1; and which nodes
// are lost, as they depend on one. An infinity or a NaN that was put in is computed with, as in Python.
function forward(graph, operations) {
  const data = graph.nodes.map((node) => (node.f < 0 ? node.data : NaN)), lost = graph.nodes.map(() => false);
  let failed = -1;
  for (let i = 0; i < graph.nodes.length; i++) {
    const node = graph.nodes[i];
    if (node.f < 0) continue;
    data[i] = operations[node.f].value(...node.operands.map((j) => data[j]));
    const fails = !Number.isFinite(data[i]) && node.operands.every((j) => Number.isFinite(data[j]));
    lost[i] = fails || node.operands.some((j) => lost[j]);
    if (failed < 0 && fails) failed = i;
  }
  return { data, failed, lost };
}

// Every application of the chain rule, in Python's order, with the gradients before and after.
function backward(graph, operations, data) {
  const grad = graph.nodes.map(() => 0), count = graph.nodes.map(() => 0), steps = [], areFinite = data.every(Number.isFinite);
  grad[graph.root] = 1;
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    if (node.f < 0) continue;
    const locals = operations[node.f].derivatives(data[i], ...node.operands.map((j) => data[j]));
    for (let position = 0; position < locals.length; position++) {
      const operand = node.operands[position], local = locals[position], before = grad[operand];
      grad[operand] += grad[i] * local;
      if (graph.nodes[operand].constant) continue;
      if (areFinite && !Number.isFinite(grad[operand])) return { steps, count, grad, failed: i };
      count[operand]++;
      steps.push({ node: i, position, operand, upstream: grad[i], local, before, after: grad[operand],
                   contribution: grad[i] * local, index: count[operand] });
    }
  }
  return { steps, count, grad, failed: -1 };
}

// A number with four significant digits, as in the pictures.
function number(x) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x < 0 ? "−inf" : "inf";
  if (x === 0) return "0";
  let [mantissa, exponent] = Math.abs(x).toExponential(3).split("e");
  const exact = Math.abs(x).toExponential(60);
  if (/^\d\.\d\d[02468]50*e/.test(exact)) mantissa = exact.slice(0, 5); // a tie goes to the even digit, as in Python
  const far = exponent < -4 || exponent > 3, sign = x < 0 ? "−" : "";
  return sign + (far ? `${Number(mantissa)}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}` : Number(`${mantissa}e${exponent}`));
}

function factor(x) {
  return x < 0 ? `(${number(x)})` : number(x);
}

function joined(parts) {
  return parts.filter((part, i) => part && parts.indexOf(part) === i).join(" = ");
}

// The equation of one operation: node.heading is "z = w·x + b", node.template the same with {0}, {1} for the operands,
// and {0-} for an operand that needs brackets if it is negative.
function forwardText(graph, data, i) {
  const node = graph.nodes[i];
  const numbers = node.template.replace(/\{(\d+)(-?)\}/g, (_, k, sign) => (sign ? factor : number)(data[node.operands[k]]));
  return joined([node.heading, numbers, number(data[i])]);
}

// The equation of one application of the chain rule; use is graph.uses["node,position"].
function backwardText(graph, step) {
  const use = graph.uses[`${step.node},${step.position}`], upstream = factor(step.upstream);
  const text = `${graph.nodes[step.operand].bracketed}.grad += ` + joined([
    `${graph.nodes[step.node].bracketed}.grad · ${use.partial}`,
    use.formula && `${upstream} · ${use.formula}`,
    `${upstream} · ${factor(step.local)}`,
    number(step.contribution),
  ]);
  return text + (use.slot ? ` (${use.slot})` : "");
}
