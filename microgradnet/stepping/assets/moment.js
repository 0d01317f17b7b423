// The timeline of both passes: the numbers known after a number of steps, and displaying them.

const graph = JSON.parse(document.getElementById("graph").textContent);
for (const node of graph.nodes) node.data = Number(node.data); // JSON has no Infinity
const at = (id) => document.getElementById(id);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const LEAVES_LISTED = 300; // of more, the first ones
const LEGIBLE = 0.85; // CSS pixels per point: smaller text is hard to read, so a large picture is scrolled
const STEPS_LISTED = 400; // of a longer pass, those around the current one
const computed = graph.nodes.map((_, i) => i).filter((i) => graph.nodes[i].f >= 0);
const leaves = graph.nodes.map((_, i) => i).filter((i) => graph.nodes[i].f < 0 && !graph.nodes[i].constant);
const rootName = graph.nodes[graph.root].bracketed;

let pass; // all numbers: {data, failed, steps, count}
let timeline; // one entry per step: forward steps, the seed, backward steps
let position = 0, wanted = 0; // steps done, and steps asked for; fewer are done if a number is not finite
let timer = 0;
const undone = []; // the leaves' numbers before each change

function compute() {
  const { data, failed } = forward(graph, OPERATIONS);
  const back = failed < 0 ? backward(graph, OPERATIONS, data) : { steps: [], count: [], failed: -1 };
  pass = { data, failed: failed < 0 ? back.failed : failed, steps: back.steps, count: back.count };
  timeline = computed.filter((node) => Number.isFinite(data[node])).map((node) => ({ node }));
  if (failed < 0 && computed.length) timeline = timeline.concat({ seed: true }, back.steps);
  position = Math.min(wanted, timeline.length);
  at("slider").max = timeline.length;
  const node = graph.nodes[pass.failed], op = node && OPERATIONS[node.f];
  const numbers = node && node.operands.map((j) => `${graph.nodes[j].name} = ${data[j]}`).join(", ");
  say(op ? `${op.code} has no finite ${failed < 0 ? "derivative" : "value"} at ${numbers} (defined for ${op.domain}, in the range of a float). ` +
           "Later operations are not computed." : "");
}

function say(text, fine = false) {
  at("message").textContent = text;
  at("message").classList.toggle("fine", fine);
}

// The numbers known after `position` steps.
function known() {
  const data = pass.data.map((x, i) => (graph.nodes[i].f < 0 ? x : null)), grad = graph.nodes.map(() => null);
  for (const step of timeline.slice(0, position)) {
    if (step.seed) grad[graph.root] = 1;
    else if (step.local === undefined) data[step.node] = pass.data[step.node];
    else grad[step.operand] = step.after;
  }
  return { data, grad };
}

function textOf(step) {
  if (step.seed) return `${rootName}.grad = ∂${rootName}/∂${rootName} = 1`;
  return step.local === undefined ? forwardText(graph, pass.data, step.node) : backwardText(graph, step);
}

function shortOf(step) {
  if (step.seed) return `${rootName}.grad = 1`;
  if (step.local === undefined) return joined([graph.nodes[step.node].heading, number(pass.data[step.node])]);
  return `${graph.nodes[step.operand].bracketed}.grad += ${factor(step.upstream)} · ${factor(step.local)} = ${number(step.contribution)}`;
}

function detailOf(step) {
  const source = step.node !== undefined && graph.nodes[step.node].source;
  const made = source ? ` · made at ${source}` : "";
  if (step.seed) return "Backward propagation starts at the result: its derivative with respect to itself is 1.";
  if (step.local === undefined) return source ? `made at ${source}` : "";
  const name = graph.nodes[step.operand].name, count = pass.count[step.operand];
  if (count < 2) return `∂${rootName}/∂${graph.nodes[step.operand].bracketed} = ${number(step.after)}${made}`;
  return `contribution ${step.index} of ${count} to ${name}.grad: ` +
         `${number(step.before)} + ${factor(step.contribution)} = ${number(step.after)}${made}`;
}

function render(follows = true) {
  const { data, grad } = known(), step = timeline[position - 1];
  const isBack = Boolean(step && (step.seed || step.local !== undefined));
  const shownNumber = (x) => (x === null ? "—" : number(x));
  for (const { what, node, text, word } of current.rows) {
    const wanted = `${word} ${shownNumber((what === "grad" ? grad : data)[node])}`;
    if (text.textContent !== wanted) text.textContent = wanted;
  }
  tooltips(data, grad);
  for (const { lines, last } of current.covers) {
    lines[1].textContent = `${graph.nodes[last].name.slice(0, 24)} ${shownNumber(data[last])}`;
    lines[2].textContent = `grad ${shownNumber(grad[last])}`;
  }
  document.body.classList.toggle("backward", isBack);
  for (const old of document.querySelectorAll(".view .now, .view .partner")) old.classList.remove("now", "partner");
  if (step) mark(step, follows);
  at("phase").textContent = !step ? "Start" : isBack ? "Backward propagation" : "Forward propagation";
  at("equation").textContent = step ? textOf(step) : "Press Play or →: first every result is computed, then every gradient.";
  at("detail").textContent = step ? detailOf(step) : "";
  at("slider").value = position;
  at("place").textContent = `${position} of ${timeline.length}`;
  at("back").disabled = at("start").disabled = position === 0;
  at("step").disabled = at("end").disabled = position === timeline.length;
  at("frames").textContent = current.covers.some((made) => !made.closed) ? "Collapse neurons" : "Expand neurons";
  listSteps();
}

function mark(step, follows) {
  const node = step.seed ? graph.root : step.node;
  const positions = step.seed ? [] : step.local === undefined ? graph.nodes[node].operands.map((_, i) => i) : [step.position];
  const box = visible(node);
  box?.classList.add("now");
  for (const slot of positions) {
    const operand = visible(graph.nodes[node].operands[slot]);
    if (operand !== box) operand?.classList.add("partner");
    const arrow = current.shown.arrows[`${node},${slot}`];
    if (arrow) current.find(arrow)?.classList.add("now");
  }
  if (follows) follow(box);
}

// The box of a value, or the cover of the collapsed neuron that contains it.
function visible(node) {
  const made = current.covers.find((one) => one.closed && one.nodes.includes(node));
  return made ? made.cover : current.boxes[node];
}

function tooltips(data, grad) {
  if (current !== views.operations) { // a box of several values: the text of its rows
    for (const box of new Set(current.boxes)) {
      const rows = box && [...box.querySelectorAll("text")].map((text) => text.textContent);
      if (rows) box.querySelector("title").textContent = rows.join("\n");
    }
    return;
  }
  graph.nodes.forEach((node, i) => {
    const title = current.boxes[i]?.querySelector("title");
    if (!title) return;
    const lines = [node.heading, node.kind, `data ${data[i] === null ? "not computed yet" : data[i]}`];
    if (!node.constant) lines.push(`grad ${grad[i] === null ? "none yet" : grad[i]}`);
    if (node.source) lines.push(`made at ${node.source}`);
    title.textContent = lines.join("\n");
  });
}

function listSteps() {
  const from = Math.max(0, Math.min(position - STEPS_LISTED / 2, timeline.length - STEPS_LISTED));
  const listed = timeline.slice(from, from + STEPS_LISTED), list = at("steps");
  at("window").hidden = listed.length === timeline.length;
  at("window").textContent = `Steps ${from + 1} to ${from + listed.length} of ${timeline.length}`;
  while (list.children.length < listed.length) {
    const row = document.createElement("li"), jump = document.createElement("button");
    jump.type = "button";
    jump.addEventListener("click", () => { pause(); go(Number(jump.dataset.step)); });
    row.append(jump);
    list.append(row);
  }
  while (list.children.length > listed.length) list.lastChild.remove();
  listed.forEach((step, i) => {
    const jump = list.children[i].firstChild, index = from + i + 1, text = `${index}. ${shortOf(step)}`;
    if (jump.textContent !== text) jump.textContent = text;
    jump.dataset.step = index;
    jump.classList.toggle("done", index < position);
    if (index === position) {
      jump.setAttribute("aria-current", "step");
      if (jump.offsetTop < list.scrollTop + list.offsetTop || jump.offsetTop + jump.offsetHeight > list.scrollTop + list.offsetTop + list.clientHeight) {
        list.scrollTop = jump.offsetTop - list.offsetTop - list.clientHeight / 2;
      }
    } else jump.removeAttribute("aria-current");
  });
}
