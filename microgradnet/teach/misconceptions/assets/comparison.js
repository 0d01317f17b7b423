// Both passes at a step: the gradients so far, the current application, and whether they have diverged.

const last = Math.max(data.right.length, data.wrong.length);
const NONE = "—";

const sides = ["right", "wrong"].map((name) => {
  const element = at(name), find = finder(element.querySelector("svg"));
  const texts = new Map([...data.boxes, data.root].map((box) => [box, find(`n${box}`).querySelector("text:last-of-type")]));
  const equation = element.querySelector(".equation"), pane = element.querySelector(".picture");
  return { element, steps: data[name], find, texts, equation, pane };
});

let position = 0;

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
  position = Math.max(0, Math.min(last, step));
  const right = gradients(sides[0], position);
  for (const side of sides) {
    const found = gradients(side, position), current = side.steps[position - 1];
    for (const [box, text] of side.texts) {
      const differs = found.get(box) !== right.get(box);
      text.textContent = `grad ${found.get(box)}${differs ? " ≠" : ""}`;
      text.classList.toggle("differs", differs);
    }
    for (const old of side.element.querySelectorAll(".now, .partner")) old.classList.remove("now", "partner");
    if (current) {
      side.find(`n${current.from}`).classList.add("partner");
      for (const id of [`n${current.to}`, current.edge]) side.find(id)?.classList.add("now");
      bringIntoView(side, `n${current.from}`);
    }
    bringIntoView(side, `n${current ? current.to : data.root}`);
    side.equation.textContent = current ? current.text : position ? "(no more steps)" : "No gradient has been passed on yet.";
  }
  at("slider").value = position;
  at("place").textContent = `${position} of ${last}`;
  at("start").disabled = at("back").disabled = position === 0;
  at("step").disabled = at("end").disabled = position === last;
  at("verdict").textContent = data.parting < 0 || position > data.parting ? data.verdict : "";
}

at("slider").max = last;
at("part").disabled = data.parting < 0;
const targets = { start: () => 0, back: () => position - 1, step: () => position + 1, end: () => last, part: () => data.parting + 1 };
for (const [id, target] of Object.entries(targets)) at(id).addEventListener("click", () => show(target()));
at("slider").addEventListener("input", () => show(Number(at("slider").value)));
const keys = { ArrowLeft: "back", ArrowRight: "step", Home: "start", End: "end" };
document.addEventListener("keydown", (event) => {
  if (event.target.id === "slider" || event.altKey || event.ctrlKey || event.metaKey || !keys[event.key]) return;
  event.preventDefault();
  show(targets[keys[event.key]]());
});
show(0);
