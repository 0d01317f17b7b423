// The program beside the picture: pointing at a line, a box or the equation lights the others; a click on a line stops
// at the first step that it makes.

const lines = []; // {place, element}

// The values made at a place of the program.
function madeAt(place) {
  return place ? [...graph.nodes.keys()].filter((i) => graph.nodes[i].source === place) : [];
}

function listProgram() {
  at("program").hidden = !graph.program.length || parent !== window; // around a frame there is the program
  at("program").open = innerHeight >= 860;
  for (const [i, block] of graph.program.entries()) {
    if (i) at("lines").append(made("li", { class: "gap" }, "⋮"));
    for (const { place, number, text } of block) {
      const values = madeAt(place), first = values.find((node) => graph.nodes[node].f >= 0);
      const element = made(values.length ? "button" : "span", { class: "line" }, made("span", { class: "number" }, String(number)), text);
      at("lines").append(made("li", {}, element));
      lines.push({ place, element });
      if (!values.length) continue;
      element.type = "button";
      for (const kind of ["pointerenter", "focus"]) element.addEventListener(kind, () => light(place));
      for (const kind of ["pointerleave", "blur"]) element.addEventListener(kind, () => light(""));
      element.addEventListener("click", () => stopAt(first, values[0]));
    }
  }
  at("pane").addEventListener("pointerover", ({ target }) => light(placeOfBox(target.closest?.(".node"))));
  at("pane").addEventListener("pointerleave", () => light(""));
  at("spoken").addEventListener("pointerenter", () => light(placeOfStep()));
  at("spoken").addEventListener("pointerleave", () => light(""));
}

function placeOfStep() {
  return position ? graph.nodes[timeline[position - 1].node].source ?? "" : "";
}

function placeOfBox(box) {
  const i = box ? current.boxes.indexOf(box) : -1, chip = i < 0 && Object.entries(current.chips).find(([, one]) => one === box);
  return graph.nodes[chip ? operandOf(chip[0]) : i]?.source ?? "";
}

let lit = "";
function light(place) {
  if (place === lit) return;
  lit = place;
  for (const old of document.querySelectorAll(".linked")) old.classList.remove("linked");
  for (const { place: other, element } of lines) if (place && other === place) element.classList.add("linked");
  const values = madeAt(place), boxes = values.map((i) => current.boxes[i]);
  const chips = Object.entries(current.chips).filter(([use]) => values.includes(operandOf(use))).map(([, chip]) => chip);
  for (const box of [...boxes, ...chips]) box?.classList.add("linked");
  at("spoken").classList.toggle("linked", Boolean(place) && placeOfStep() === place);
}

// The step that computes the first result of a line; a line of leaves has none, and its first box is shown.
function stopAt(result, leaf) {
  const step = timeline.findIndex(({ what, node }) => what === "data" && node === result);
  pause();
  if (step >= 0) go(step + 1);
  else follow([current.boxes[result ?? leaf]]);
}

function showLine() {
  const place = placeOfStep();
  for (const { place: other, element } of lines) {
    if (!place || other !== place) element.removeAttribute("aria-current");
    else if (!element.hasAttribute("aria-current")) {
      element.setAttribute("aria-current", "step");
      keepInSight(at("lines"), element);
    }
  }
}
