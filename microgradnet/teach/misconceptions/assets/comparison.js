// Both passes at a step: the gradients so far, the current application, and whether they have diverged.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const last = Math.max(data.right.length, data.wrong.length);
const get = (id) => document.getElementById(id);
const NONE = "—";

const sides = ["right", "wrong"].map((name) => {
  const side = get(name), svg = side.querySelector("svg");
  const find = (id) => svg.querySelector(`#${CSS.escape(`${svg.classList[0]}-${id}`)}`);
  const texts = new Map(data.boxes.concat(data.root).map((box) => {
    const rows = find(`n${box}`).querySelectorAll("text");
    return [box, rows[rows.length - 1]];
  }));
  return { steps: data[name], find, texts, equation: side.querySelector(".equation"), pane: side.querySelector(".picture") };
});

let at = 0;

// The gradient of each box after so many steps of a side.
function gradients(side, count) {
  const found = new Map(data.boxes.map((box) => [box, NONE]));
  found.set(data.root, "1");
  for (const step of side.steps.slice(0, count)) found.set(step.to, step.grad);
  return found;
}

// Scrolls the pane alone, so that the buttons stay where they are.
function bringIntoView(side, id) {
  const box = side.find(id).getBoundingClientRect(), pane = side.pane.getBoundingClientRect();
  side.pane.scrollTop += Math.min(0, box.top - pane.top - 10) + Math.max(0, box.bottom - pane.bottom + 10);
  side.pane.scrollLeft += Math.min(0, box.left - pane.left - 10) + Math.max(0, box.right - pane.right + 10);
}

function show(step) {
  at = Math.max(0, Math.min(last, step));
  const [right, wrong] = sides.map((side) => gradients(side, at));
  for (const [side, found] of [[sides[0], right], [sides[1], wrong]]) {
    for (const [box, text] of side.texts) {
      const differs = side === sides[1] && found.get(box) !== right.get(box);
      text.textContent = `grad ${found.get(box)}${differs ? " ≠" : ""}`;
      text.classList.toggle("differs", differs);
    }
    document.querySelectorAll(`#${side === sides[0] ? "right" : "wrong"} .now`).forEach((one) => one.classList.remove("now"));
    const current = side.steps[at - 1];
    if (current) for (const id of [`n${current.from}`, `n${current.to}`, current.edge]) side.find(id)?.classList.add("now");
    bringIntoView(side, `n${current ? current.to : data.root}`);
    side.equation.textContent = current ? current.text : at ? "(no more steps)" : "No gradient has been passed on yet.";
  }
  get("slider").value = at;
  get("place").textContent = `${at} of ${last}`;
  get("start").disabled = get("back").disabled = at === 0;
  get("step").disabled = get("end").disabled = at === last;
  const parted = data.parting < 0 || at > data.parting;
  get("verdict").textContent = parted ? data.verdict : "";
}

get("slider").max = last;
get("part").disabled = data.parting < 0;
get("start").addEventListener("click", () => show(0));
get("back").addEventListener("click", () => show(at - 1));
get("step").addEventListener("click", () => show(at + 1));
get("end").addEventListener("click", () => show(last));
get("part").addEventListener("click", () => show(data.parting + 1));
get("slider").addEventListener("input", (event) => show(Number(event.target.value)));
document.addEventListener("keydown", (event) => {
  if (event.target.id === "slider" || event.altKey || event.ctrlKey || event.metaKey) return;
  const move = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
  if (move !== undefined) { event.preventDefault(); show(move); }
});
show(0);
