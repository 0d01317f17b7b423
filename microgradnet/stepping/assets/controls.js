// The controls: stepping, changing numbers, dragging, buttons and keys; at the end, the page starts.

function go(to) {
  const next = position + 1;
  position = wanted = Math.max(0, Math.min(timeline.length, to));
  render();
  travel(position === next ? timeline[position - 1] : null);
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
  const input = at(`leaf${leaf}`);
  if (!input) return say("This number is not listed: drag its box sideways.");
  input.focus();
}

// Before a new change: remember the leaves' numbers and the curve for "Undo".
function remember() {
  undone.push({ numbers: leaves.map((i) => graph.nodes[i].data), losses, length: losses.length });
}

function set(numbers) {
  leaves.forEach((i, k) => { graph.nodes[i].data = numbers[k]; });
  compute();
  clearStep();
  display();
}

function display() {
  at("undo").disabled = !undone.length;
  showLeaves();
  drawCurve();
  render(false);
  announceNumbers();
}

function changeLeaf(leaf, x, isNew = true) {
  stopRunning();
  if (isNew) remember();
  losses = [];
  set(leaves.map((i) => (i === leaf ? x : graph.nodes[i].data)));
  announce({ label: graph.nodes[leaf].name, number: x });
}

// A field shows six digits, for which there is room; all digits while it has the focus.
function showLeaves() {
  for (const input of document.querySelectorAll("#leaves input")) {
    const x = graph.nodes[input.dataset.leaf].data, near = Number.isFinite(x) ? x : 0; // a field shows finite numbers
    if (input.type === "range" && (!input.min || near < Number(input.min) || near > Number(input.max))) {
      const reach = Math.max(1, 2 * Math.abs(near));
      input.min = near - reach;
      input.max = near + reach;
    }
    if (input.type === "range") input.value = near;
    else if (near !== x) [input.value, input.placeholder] = ["", number(x)];
    else if (document.activeElement !== input) input.value = Number(x.toPrecision(6));
    else if (Number(input.value) !== x) input.value = x;
  }
}

const inputs = leaves.filter((i) => graph.nodes[i].kind !== "parameter");
const listed = [...inputs.slice(0, Math.max(LEAVES_LISTED / 2, LEAVES_LISTED - parameters.length)), ...parameters].slice(0, LEAVES_LISTED);
listed.forEach((leaf, k) => {
  const { name, kind } = graph.nodes[leaf], id = `leaf${leaf}`;
  if (!k || kind !== graph.nodes[listed[k - 1]].kind) at("leaves").append(made("h3", {}, `${kind}s`));
  const typed = made("input", { id, type: "number", step: "any", "data-leaf": leaf });
  const drag = made("input", { type: "range", step: "any", "data-leaf": leaf, "aria-label": `slider of ${name}` });
  let isNew = true; // one undo per drag and per typed number
  const changed = (x) => {
    changeLeaf(leaf, x, isNew);
    isNew = false;
  };
  typed.addEventListener("focus", () => {
    const x = graph.nodes[leaf].data;
    typed.value = Number.isFinite(x) ? x : "";
    typed.select(); // a new text has no selection, and what is typed would follow it
  });
  typed.addEventListener("blur", showLeaves);
  typed.addEventListener("input", () => {
    const x = typed.value.trim() === "" ? NaN : Number(typed.value);
    if (Number.isFinite(x)) changed(x);
    else say(`${name} must be a number; it is still ${graph.nodes[leaf].data}`);
  });
  drag.addEventListener("input", () => changed(Number(drag.value)));
  for (const input of [typed, drag]) input.addEventListener("change", () => { isNew = true; });
  const label = made("label", { class: "name", for: id, title: name }, name);
  at("leaves").append(made("div", { class: "leaf" }, label, drag, typed));
});
if (leaves.length > listed.length) at("leaves").append(made("p", { class: "hint" }, `… and ${leaves.length - listed.length} more`));

function undo() {
  stopRunning();
  if (!undone.length) return;
  const { numbers, length, ...was } = undone.pop();
  losses = was.losses;
  losses.length = length;
  set(numbers);
}

// ---- dragging: a leaf's box changes its number, any other place moves the picture

let held = null, moved = false;
at("pane").addEventListener("pointerdown", (event) => {
  moved = false;
  if (event.button !== 0) return;
  const box = event.target.closest?.(".leaf-box");
  held = { x: event.clientX, y: event.clientY, left: at("pane").scrollLeft, top: at("pane").scrollTop,
           leaf: box ? Number(box.dataset.leaf) : -1, from: box && Number.isFinite(graph.nodes[box.dataset.leaf].data) ? graph.nodes[box.dataset.leaf].data : 0 };
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
    changeLeaf(held.leaf, x, !moved);
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
  const one = made("button", { type: "button", "data-view": name }, labels[name]);
  one.addEventListener("click", () => show(name));
  at("views").append(one);
}
const actions = {
  start: () => { pause(); go(0); }, back: () => { pause(); go(position - 1); }, play,
  step: () => { pause(); go(position + 1); }, end: () => { pause(); go(timeline.length); },
  learn, run, undo, present: () => present(), smaller: () => zoom(current.zoom / 1.25), larger: () => zoom(current.zoom * 1.25), fit: () => zoom(fitting()),
};
for (const [id, action] of Object.entries(actions)) at(id).addEventListener("click", action);
at("slider").addEventListener("input", () => { pause(); go(Number(at("slider").value)); });
at("speed").addEventListener("change", () => { if (timer) { pause(); play(); } });
const keys = { ArrowLeft: "back", ArrowRight: "step", " ": "play", Home: "start", End: "end", "+": "larger", "-": "smaller", 0: "fit", p: "present", P: "present" };
const clicker = { PageDown: "step", PageUp: "back", Escape: "present" }; // while presenting
addEventListener("keydown", (event) => {
  const action = keys[event.key] ?? (presenting() ? clicker[event.key] : undefined);
  if (event.ctrlKey || event.metaKey || event.altKey || !action) return;
  if (!presenting() && event.target.matches?.("#pane:focus-visible") && !"+-0 pP".includes(event.key)) return; // there the keys scroll
  const field = event.target.closest?.("input, select"), isFree = field?.type === "range" && "+-0 pP".includes(event.key);
  if (field && !isFree && event.key !== "Escape") return;
  if (event.key === " " && event.target.closest?.("button")) return;
  event.preventDefault();
  actions[action]();
});
addEventListener("resize", () => (presenting() ? fitAgain() : render()));

at("note").textContent = graph.note;
at("note").hidden = !graph.note;
at("eta").value = graph.eta;
if (!parameters.length) {
  for (const id of ["learn", "run"]) {
    at(id).disabled = true;
    at(id).title = "This graph has no parameters: make weights with parameter(0.15, \"w\")";
  }
}
at("loss-name").textContent = lossName;
clearStep();
drawCurve();
compute();
showLeaves();
show(Object.keys(views)[0]);
