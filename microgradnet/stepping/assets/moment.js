// Both passes as a timeline of steps, and what the page shows after some of them.

const graph = data;
for (const node of graph.nodes) node.data = Number(node.data); // JSON has no Infinity
const still = matchMedia("(prefers-reduced-motion: reduce)");
const BY_NUMBER = new Intl.Collator("en", { numeric: true });
const TOUCHING = "Boxes that touch need no arrow: a result is computed from those just above it or to its left.";
const STEPS_LISTED = 400; // of a longer pass, those around the current one
const computed = [...graph.nodes.keys()].filter((i) => graph.nodes[i].f >= 0);
const leaves = ordered([...graph.nodes.keys()].filter((i) => graph.nodes[i].f < 0 && !graph.nodes[i].constant));
const rootName = graph.nodes[graph.root].bracketed;

let pass; // all numbers: {data, failed, steps, count}
let timeline; // its steps
let position = 0, wanted = 0; // steps done, and steps asked for; fewer are done if a number is not finite
let span = 1; // steps shown as made at once: a neuron's or a layer's when a long pass is played
let timer = 0;
const undone = []; // the leaves' numbers and the curve of the loss before each change

// Inputs first, then parameters; each kind in the order in which the forward pass is done with them, layer by layer, but
// those whose names differ only in numbers, z₁ and z₂, in the order of these.
function ordered(some) {
  const depth = [], last = []; // of each node: the longest way from a leaf; and the greatest depth at which it is used
  graph.nodes.forEach(({ operands }, i) => {
    depth[i] = operands.reduce((most, j) => Math.max(most, depth[j] + 1), 0);
    for (const j of operands) last[j] = Math.max(last[j] ?? 0, depth[i]);
  });
  const isParameter = (i) => Number(graph.nodes[i].kind === "parameter");
  some.sort((a, b) => isParameter(a) - isParameter(b) || (last[a] ?? 0) - (last[b] ?? 0) || a - b);
  const nameOf = (i) => graph.nodes[i].name.normalize("NFKC"), alike = new Map(); // with ₁ as 1
  for (const i of some) {
    const stem = isParameter(i) + nameOf(i).replace(/(?<!#)\d+/g, "#");
    alike.set(stem, [...(alike.get(stem) ?? []), i]);
  }
  const following = new Map();
  for (const ones of alike.values()) ones.toSorted((a, b) => BY_NUMBER.compare(nameOf(a), nameOf(b)) || a - b).forEach((i, k) => following.set(ones[k], i));
  return some.map((i) => following.get(i));
}

// A step is { what: "data" or "grad", whose, becomes: the number that it gives to a value, node: the current node,
// positions: of the operands that take part, text, short, detail }; use: "node,position", the local derivative and
// the contribution, where the chain rule is applied.
function compute() {
  const { data, failed, lost } = forward(graph, OPERATIONS);
  const back = failed < 0 ? backward(graph, OPERATIONS, data) : { steps: [], count: [], failed };
  pass = { data, ...back };
  timeline = computed.filter((node) => !lost[node]).map(forwardStep);
  if (failed < 0) timeline.push(SEED, ...back.steps.map(backwardStep));
  position = Math.min(wanted, timeline.length);
  at("slider").max = timeline.length;
  at("place").style.minWidth = `${2 * `${timeline.length}`.length + 4}ch`; // as wide as at the end
  pass.failure = pass.failed < 0 ? "" : failureAt(graph.nodes[pass.failed], failed < 0 ? "derivative" : "value");
  showMessage(pass.failure, document.activeElement);
}

const SEED = {
  what: "grad", whose: graph.root, becomes: 1, node: graph.root, positions: [],
  text: () => `${rootName}.grad = ∂${rootName}/∂${rootName} = 1`,
  short: () => `${rootName}.grad = 1`,
  detail: () => "Backward propagation starts at the result: its derivative with respect to itself is 1.",
};

function forwardStep(node) {
  const { operands, heading, source } = graph.nodes[node], becomes = pass.data[node];
  return {
    what: "data", whose: node, becomes, node, positions: [...operands.keys()],
    text: () => forwardText(graph, pass.data, node),
    short: () => joined([heading, number(becomes)]),
    detail: () => (source ? `made at ${source}` : ""),
  };
}

function backwardStep(step) {
  const { name, bracketed } = graph.nodes[step.operand], { source } = graph.nodes[step.node], count = pass.count[step.operand];
  const sum = () => `${number(step.before)} + ${factor(step.contribution)} = ${number(step.after)}`;
  const total = () => `∂${rootName}/∂${bracketed} = ${number(step.after)}`;
  return {
    what: "grad", whose: step.operand, becomes: step.after, node: step.node, positions: [step.position],
    use: `${step.node},${step.position}`, upstream: step.upstream, local: step.local, contribution: step.contribution,
    before: step.before, isFirst: step.index === 1,
    text: () => backwardText(graph, step),
    short: () => `${bracketed}.grad += ${factor(step.upstream)} · ${factor(step.local)} = ${number(step.contribution)}`,
    detail: () => (count < 2 ? total() : `contribution ${step.index} of ${count} to ${name}.grad: ${sum()}`) +
                  (source ? ` · made at ${source}` : ""),
  };
}

function failureAt(node, what) {
  const { code, domain } = OPERATIONS[node.f];
  const numbers = node.operands.map((j) => `${graph.nodes[j].name} = ${pass.data[j]}`).join(", ");
  return `${code} has no finite ${what} at ${numbers} (defined for ${domain}, in the range of a float). Later operations are not computed.`;
}

// Below the field that it is about, or else below all numbers.
function showMessage(text, field) {
  const message = at("message"), editor = text && field?.closest(".leaf");
  const isThere = editor ? message.previousElementSibling === editor : message.parentNode === at("numbers");
  if (isThere && message.textContent === text) return;
  if (editor) editor.after(message);
  else at("numbers").append(message);
  message.textContent = text;
  if (editor) message.scrollIntoView({ block: "nearest" });
}

// The numbers known after `position` steps, null for others; and the local derivatives, by "node,position".
function known() {
  const found = { data: graph.nodes.map((node) => (node.f < 0 ? node.data : null)), grad: graph.nodes.map(() => null), local: {} };
  for (const { what, whose, becomes, use, local } of timeline.slice(0, position)) {
    found[what][whose] = becomes;
    if (use) found.local[use] = local;
  }
  return found;
}

function render(follows = "smooth") {
  settle();
  const now = known(), steps = timeline.slice(Math.max(0, position - span), position), step = steps.at(-1), isBack = step?.what === "grad";
  const shown = (what, node) => (now[what][node] === null ? "—" : number(now[what][node]));
  for (const row of current.rows) write(row, `${row.word} ${shown(row.what, row.node)}`.trim());
  showGradients(now.grad);
  showPills(now.local, step);
  weigh();
  tooltips(now);
  document.body.classList.toggle("backward", isBack);
  for (const old of document.querySelectorAll(".view .now, .view .partner")) {
    old.classList.remove("now", "partner");
    if (old.classList.contains("edge")) turn(old, false);
  }
  at("phase").textContent = !step ? "Start" : (isBack ? "Backward propagation" : "Forward propagation") + atOnce(steps);
  at("outcome").textContent = `${graph.nodes[graph.root].name} = ${shown("data", graph.root)}`;
  writeEquation(at("equation"), step ? step.text() : computed.length ?
    "Press Play or →: first every result is computed, then every gradient." :
    `${rootName} is not computed from other values. Make a page of a result, such as y = ${rootName} * 2.`);
  at("detail").textContent = step ? step.detail() : current.shown.touching ? TOUCHING : "";
  if (step) mark(steps, follows); // after the text, whose height changes that of the picture
  at("slider").value = position;
  at("place").textContent = `${position} of ${timeline.length}`;
  at("back").disabled = at("start").disabled = position === 0;
  at("step").disabled = at("end").disabled = position === timeline.length;
  listSteps();
  drawMap();
  showLine();
  if (step) announce({ line: lineOf(step.node), step: position, steps: timeline.length });
}

// Which steps are shown at once, and whose they are.
function atOnce(steps) {
  const [box, ...others] = new Set(steps.map((step) => current.boxes[step.node]));
  const whose = others.length ? "" : box ? ` of ${box.querySelector("text").textContent.trim()}` : " not drawn in this view";
  return steps.length > 1 ? ` · ${steps.length} steps${whose} at once, the last:` : box ? "" : ` · a step${whose}`;
}

// `now` are the boxes that change: forward the results, backward the operands; `partner` where their numbers come from.
function mark(steps, follows) {
  const changing = new Set(), senders = new Set(), inside = new Set(), arrows = new Set();
  for (const { what, node, positions } of steps) {
    const result = current.boxes[node], isBack = what === "grad";
    if (!isBack || !positions.length) changing.add(result);
    for (const slot of positions) {
      const operand = boxOf(node, slot);
      if (isBack) (operand === result ? inside : changing).add(operand);
      senders.add(isBack ? result : operand);
      arrows.add(current.arrows[`${node},${slot}`]);
    }
  }
  const now = [...(changing.size ? changing : inside)], others = [...senders].filter((box) => !now.includes(box));
  for (const box of now) box?.classList.add("now");
  for (const box of others) box?.classList.add("partner");
  for (const arrow of arrows) {
    arrow?.classList.add("now");
    turn(arrow, steps.at(-1).what === "grad");
  }
  if (follows) follow([...now, ...others], follows);
}

function tooltips({ data, grad, local }) {
  if (current.kind !== "operations") { // a box of several values: the text of its rows
    for (const box of new Set(current.boxes)) {
      const rows = box && [...box.querySelectorAll("text")].map((text) => text.textContent);
      if (rows) box.querySelector("title").textContent = rows.join("\n");
    }
    return;
  }
  const about = [], describe = (element, lines) => { if (element) element.querySelector("title").textContent = lines.join("\n"); };
  graph.nodes.forEach((node, i) => {
    const lines = [node.heading, ...[node.label, node.namesake].filter(Boolean), node.kind, `data ${data[i] ?? "not computed yet"}`];
    if (!node.constant) lines.push(`grad ${grad[i] ?? "none yet"}`);
    if (node.source) lines.push(`made at ${node.source}`);
    describe(current.boxes[i], lines);
    about.push(lines);
  });
  const derivative = (use) => (use in local ? [`${graph.uses[use].partial} = ${local[use]}`] : []);
  for (const [use, chip] of Object.entries(current.chips)) describe(chip, [...about[operandOf(use)], ...derivative(use)]);
  for (const [use, arrow] of Object.entries(current.arrows)) {
    const [node] = use.split(",");
    describe(arrow, [`${graph.nodes[operandOf(use)].name} → ${graph.nodes[node].name}`, ...derivative(use)]);
  }
}

function listSteps() {
  const from = Math.max(0, Math.min(position - STEPS_LISTED / 2, timeline.length - STEPS_LISTED));
  const listed = timeline.slice(from, from + STEPS_LISTED), list = at("steps");
  at("window").hidden = listed.length === timeline.length;
  at("window").textContent = `Steps ${from + 1} to ${from + listed.length} of ${timeline.length}`;
  while (list.children.length < listed.length) {
    const jump = made("button", { type: "button" });
    jump.addEventListener("click", () => { pause(); go(Number(jump.dataset.step)); });
    list.append(made("li", {}, jump));
  }
  while (list.children.length > listed.length) list.lastChild.remove();
  listed.forEach((step, i) => {
    const jump = list.children[i].firstChild, index = from + i + 1, text = `${index}. ${step.short()}`;
    if (jump.textContent !== text) jump.textContent = text;
    jump.dataset.step = index;
    jump.classList.toggle("done", index < position);
    jump.removeAttribute("aria-current");
    if (index === position) {
      jump.setAttribute("aria-current", "step");
      keepInSight(list, jump);
    }
  });
}

// Scrolls a list until a part of it is in sight.
function keepInSight(list, part) {
  const above = part.offsetTop - list.offsetTop, below = above + part.offsetHeight;
  if (above < list.scrollTop || below > list.scrollTop + list.clientHeight) list.scrollTop = (above + below - list.clientHeight) / 2;
}

new ResizeObserver(() => { // the curve of the loss takes room from the list
  const current = at("steps").querySelector("[aria-current]");
  if (current) keepInSight(at("steps"), current);
}).observe(at("steps"));
