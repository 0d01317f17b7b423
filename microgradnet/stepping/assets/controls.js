// The controls: stepping, dragging, buttons and keys.

// After `to` steps; those after `from`, or the last, are shown as made at once.
function go(to, from) {
  const before = position;
  position = wanted = Math.max(0, Math.min(timeline.length, to));
  span = position - (from ?? position - 1);
  render();
  travel(span === 1 && position - before === 1 ? timeline[before] : null);
}

// ---- dragging: a leaf's box changes its number, any other place moves the picture

let held = null, moved = false;
at("pane").addEventListener("pointerdown", (event) => {
  moved = false;
  held = null;
  const box = event.target.closest?.(".leaf-box");
  if (event.button !== 0 || !event.isPrimary || (!box && event.pointerType === "touch")) return; // a finger scrolls by itself
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
// ---- buttons and keys

const labels = { operations: "Operations", neurons: "Neurons", layers: "Layers" };
for (const name of kinds) {
  const one = made("button", { type: "button", "data-view": name }, labels[name]);
  one.addEventListener("click", () => show(name));
  at("views").append(one);
}
at("views").hidden = kinds.length < 2;
const actions = {
  start: () => { pause(); go(0); }, back: () => { pause(); go(position - 1); }, play,
  step: () => { pause(); go(position + 1); }, end: () => { pause(); go(timeline.length); },
  learn, run, undo, present: () => present(), smaller: () => zoomTo(current.zoom / 1.25), larger: () => zoomTo(current.zoom * 1.25), fit,
};
for (const [id, action] of Object.entries(actions)) at(id).addEventListener("click", action);
actions.find = () => at("find").focus();
at("slider").addEventListener("input", () => { pause(); go(Number(at("slider").value)); });
at("speed").addEventListener("change", () => { if (timer) { pause(); play(); } });
const keys = { ArrowLeft: "back", ArrowRight: "step", " ": "play", Home: "start", End: "end", "+": "larger", "-": "smaller", 0: "fit", p: "present", P: "present", "/": "find" };
const clicker = { PageDown: "step", PageUp: "back", Escape: "present" }; // while presenting

// A slider or list that was clicked leaves → to the steps, as does the number of a clicked box until it is typed in.
let pointed = null;
addEventListener("pointerdown", ({ target }) => { pointed = target.closest("input[type=range], select"); });
addEventListener("click", ({ target, detail }) => { if (detail && target.closest(".leaf-box, .cell")) pointed = document.activeElement; });
addEventListener("focusin", ({ target }) => { if (target !== pointed) pointed = null; });
addEventListener("input", ({ target }) => {
  if (target.type === "text") pointed = null;
  target.removeAttribute("aria-invalid"); // until it is read again
});
addEventListener("keydown", (event) => {
  const action = keys[event.key] ?? (presenting() ? clicker[event.key] : undefined);
  if (event.ctrlKey || event.metaKey || event.altKey || !action) return;
  if (!presenting() && event.target.matches?.("#pane:focus-visible") && !"+-0 pP/".includes(event.key)) return; // there the keys scroll
  const field = event.target.closest?.("input, select"), isRange = field?.type === "range";
  const isFree = (isRange && "+-0 pP".includes(event.key)) || (field === pointed && !"+-0pP/".includes(event.key));
  if (field && !isFree && event.key !== "Escape") return;
  if (event.key === " " && event.target.closest?.("button")) return;
  event.preventDefault();
  actions[action]();
});
