// The controls: stepping, changing numbers, dragging, buttons and keys; at the end, the page starts.

function go(to) {
  position = wanted = Math.max(0, Math.min(timeline.length, to));
  render();
}

function pause() {
  clearInterval(timer);
  timer = 0;
  at("play").textContent = "Play";
}

function play() {
  if (timer) return pause();
  if (position === timeline.length) position = wanted = 0;
  at("play").textContent = "Pause";
  timer = setInterval(() => { go(position + 1); if (position === timeline.length) pause(); }, Number(at("speed").value));
  go(position + 1);
}

// ---- changing numbers

function focusLeaf(leaf) {
  const input = document.querySelector(`#leaves input[type=number][data-leaf="${leaf}"]`);
  if (!input) return say("This number is not listed: drag its box sideways.");
  input.focus();
  input.select();
}

function change(numbers) {
  undone.push(leaves.map((i) => graph.nodes[i].data));
  set(numbers);
}

function set(numbers) {
  leaves.forEach((i, k) => { graph.nodes[i].data = numbers[k]; });
  at("undo").disabled = !undone.length;
  compute();
  showLeaves();
  render(false);
}

// Six digits, to fit into the field; all digits while it has the focus.
function shortly(x) {
  return String(Number(x.toPrecision(6)));
}

function showLeaves() {
  for (const input of document.querySelectorAll("#leaves input")) {
    const x = graph.nodes[input.dataset.leaf].data;
    if (input.type === "range" && (x < Number(input.min) || x > Number(input.max))) span(input, x);
    if (input.type === "range") input.value = x;
    else if (document.activeElement !== input) input.value = shortly(x);
    else if (Number(input.value) !== x) input.value = x;
  }
}

function span(input, x) {
  const reach = Math.max(1, 2 * Math.abs(x));
  input.min = x - reach;
  input.max = x + reach;
}

function changeLeaf(leaf, x) {
  change(leaves.map((i) => (i === leaf ? x : graph.nodes[i].data)));
}

for (const leaf of leaves.slice(0, LEAVES_LISTED)) {
  const row = document.createElement("div"), name = document.createElement("label"), kind = document.createElement("small");
  const typed = document.createElement("input"), drag = document.createElement("input"), x = graph.nodes[leaf].data;
  const controls = document.createElement("span");
  row.className = "leaf";
  name.className = "name";
  name.textContent = graph.nodes[leaf].name;
  kind.textContent = ` ${graph.nodes[leaf].kind}`;
  name.append(kind);
  name.htmlFor = typed.id = `leaf${leaf}`;
  Object.assign(typed, { type: "number", step: "any", value: shortly(x) });
  typed.addEventListener("focus", () => { typed.value = graph.nodes[leaf].data; });
  typed.addEventListener("blur", () => { typed.value = shortly(graph.nodes[leaf].data); });
  Object.assign(drag, { type: "range", step: "any" });
  drag.setAttribute("aria-label", `slider of ${graph.nodes[leaf].name}`);
  span(drag, x);
  drag.value = x;
  typed.dataset.leaf = drag.dataset.leaf = leaf;
  let isNew = true; // one undo per drag and per typed number
  const changed = (number) => {
    if (isNew) undone.push(leaves.map((i) => graph.nodes[i].data));
    isNew = false;
    set(leaves.map((i) => (i === leaf ? number : graph.nodes[i].data)));
  };
  typed.addEventListener("input", () => {
    const typedNumber = typed.value.trim() === "" ? NaN : Number(typed.value);
    if (Number.isFinite(typedNumber)) changed(typedNumber);
    else say(`${graph.nodes[leaf].name} must be a number; it is still ${graph.nodes[leaf].data}`);
  });
  drag.addEventListener("input", () => changed(Number(drag.value)));
  for (const input of [typed, drag]) input.addEventListener("change", () => { isNew = true; });
  controls.append(drag, typed);
  row.append(name, controls);
  at("leaves").append(row);
}

if (leaves.length > LEAVES_LISTED) {
  const rest = document.createElement("p");
  rest.className = "hint";
  rest.textContent = `… and ${leaves.length - LEAVES_LISTED} more`;
  at("leaves").append(rest);
}

function learn() {
  const eta = Number(at("eta").value), grad = [];
  if (!Number.isFinite(eta) || eta < 0 || at("eta").value === "") return say("the learning rate η must be a number of at least 0");
  if (pass.failed >= 0) return;
  for (const step of pass.steps) grad[step.operand] = step.after;
  const before = pass.data[graph.root];
  change(leaves.map((i) => graph.nodes[i].data - (graph.nodes[i].kind === "parameter" ? eta * (grad[i] || 0) : 0)));
  if (pass.failed < 0) say(`${graph.nodes[graph.root].name}: ${number(before)} → ${number(pass.data[graph.root])}`, true);
}

function undo() {
  if (undone.length) set(undone.pop());
}

// ---- dragging: a leaf's box changes its number, any other place moves the picture

let held = null, moved = false;
at("pane").addEventListener("pointerdown", (event) => {
  moved = false;
  if (event.button !== 0) return;
  const box = event.target.closest?.(".leaf-box");
  held = { x: event.clientX, y: event.clientY, left: at("pane").scrollLeft, top: at("pane").scrollTop,
           leaf: box ? Number(box.dataset.leaf) : -1, from: box ? graph.nodes[box.dataset.leaf].data : 0 };
});
addEventListener("pointermove", (event) => {
  if (held && !(event.buttons & 1)) letGo();
  if (!held) return;
  const dx = event.clientX - held.x, dy = event.clientY - held.y;
  if (!moved && Math.hypot(dx, dy) < 5) return;
  if (held.leaf < 0) {
    at("pane").classList.add("dragging");
    at("pane").scrollTo({ left: held.left - dx, top: held.top - dy, behavior: "auto" });
  } else {
    const unit = 10 ** Math.floor(Math.log10(Math.max(Math.abs(held.from), 0.1))) / 50;
    const x = Number((held.from + Math.round(dx) * unit).toPrecision(12));
    if (moved) set(leaves.map((i) => (i === held.leaf ? x : graph.nodes[i].data)));
    else changeLeaf(held.leaf, x);
  }
  moved = true;
});
function letGo() {
  held = null;
  at("pane").classList.remove("dragging");
  setTimeout(() => { moved = false; }); // after the click that ends a drag
}
addEventListener("pointerup", letGo);
addEventListener("pointercancel", letGo);
at("pane").addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  zoom(current.zoom * (event.deltaY < 0 ? 1.15 : 1 / 1.15));
}, { passive: false });

// ---- buttons and keys

const labels = { operations: "Operations", neurons: "Neurons", layers: "Layers" };
for (const name of Object.keys(views)) {
  const one = document.createElement("button");
  Object.assign(one, { type: "button", textContent: labels[name] });
  one.dataset.view = name;
  one.addEventListener("click", () => show(name));
  at("views").append(one);
}
const actions = {
  start: () => { pause(); go(0); }, back: () => { pause(); go(position - 1); }, play,
  step: () => { pause(); go(position + 1); }, end: () => { pause(); go(timeline.length); },
  learn, undo, smaller: () => zoom(current.zoom / 1.25), larger: () => zoom(current.zoom * 1.25), fit: () => zoom(fitting()),
  frames: () => { const closed = current.covers.some((made) => !made.closed); current.covers.forEach((made) => fold(made, closed)); render(); },
};
for (const [id, action] of Object.entries(actions)) at(id).addEventListener("click", action);
at("slider").addEventListener("input", () => { pause(); go(Number(at("slider").value)); });
at("speed").addEventListener("change", () => { if (timer) { pause(); play(); } });
const keys = { ArrowLeft: "back", ArrowRight: "step", " ": "play", Home: "start", End: "end", "+": "larger", "-": "smaller", 0: "fit" };
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  if (event.target.matches?.("#pane:focus-visible") && !"+-0 ".includes(event.key)) return; // there the keys scroll
  if (event.target.closest?.("input, select") || (event.key === " " && event.target.closest?.("button"))) return;
  event.preventDefault();
  actions[keys[event.key]]();
});
addEventListener("resize", () => follow(timeline[position - 1] && visible(timeline[position - 1].node ?? graph.root)));

at("note").textContent = graph.note;
at("note").hidden = !graph.note;
at("eta").value = graph.eta;
if (!leaves.some((i) => graph.nodes[i].kind === "parameter")) {
  at("learn").disabled = true;
  at("learn").title = "This graph has no parameters: make weights with parameter(0.15, \"w\")";
}
compute();
show(Object.keys(views)[0]);
