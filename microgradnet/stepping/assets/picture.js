// The pictures: each view, which is laid out across or down, and what a click on a box does.

const kinds = [...new Set(Object.keys(graph.shown).map(kindOf))]; // the most detailed first
const views = {}; // "operations, down" is the view of operations that runs down
for (const element of document.querySelectorAll(".view")) {
  const name = element.dataset.view, svg = element.querySelector("svg"), shown = graph.shown[name], find = finder(svg);
  const { width, height } = svg.viewBox.baseVal;
  const view = { element, svg, shown, find, zoom: 0, width, height, kind: kindOf(name), cards: new Map() }; // boxes that are open
  svg.setAttribute("role", "group");
  view.boxes = shown.boxes.map((box) => (box < 0 ? null : find(`n${box}`)));
  view.arrows = Object.fromEntries(Object.entries(shown.arrows).map(([use, arrow]) => [use, find(arrow)]));
  view.chips = Object.fromEntries(Object.entries(shown.chips).map(([use, box]) => [use, find(`n${box}`)]));
  view.rows = shown.rows.map(([box, row, what, node, word]) => {
    const text = find(`n${box}`).querySelectorAll("text")[row];
    return { what, node, word, text, room: text.textContent.length };
  });
  views[name] = view;
  prepare(view);
}
let current = views[Object.keys(views)[0]];
const TEXT = 13; // units of a picture
const SCALES = { legible: 10 / TEXT, near: 20 / TEXT, presented: 24 / TEXT }; // for text of 10, 20 and 24 CSS pixels
const TEXT_PART = 0.0075; // of the width of a window: the least size of text with which a view opens
const FAINTEST = 0.1; // the opacity of the arrow of the smallest weight
const FEW_VALUES = 40;
const LARGE_WINDOW = 960; // CSS pixels: as wide as a projector's, or wider

function kindOf(name) {
  return name.split(",")[0];
}

function button(element, label, action) {
  dressed(element, { tabindex: 0, role: "button", "aria-label": label }, []);
  element.addEventListener("click", () => { if (!moved) action(); });
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
}

// Clicking a leaf edits its number, clicking a neuron opens it, and clicking a layer shows what is in it.
function prepare(view) {
  const whose = new Map();
  view.boxes.forEach((box, i) => box && whose.set(box, [...(whose.get(box) || []), i]));
  for (const [use, chip] of Object.entries(view.chips)) whose.set(chip, [operandOf(use)]);
  for (const [box, nodes] of whose) {
    const name = box.querySelector("text").textContent.trim();
    if (nodes.length === 1 && leaves.includes(nodes[0])) leafBox(box, nodes[0]);
    else if (view.kind === "neurons") {
      button(box, `${name}: open`, () => unfold(view, box, nodes));
      box.setAttribute("aria-expanded", false);
    }
    else if (view.kind === "layers") button(box, `${name}: show its ${kinds[0]}`, () => openGroup(nodes));
  }
}

// Many arrows between neurons are lines as of a drawn network: blue for a weight of 0 or more, orange and dashed below; the
// smaller it is, the thinner and fainter. Of several weights the largest counts; an arrow without one stays as it is.
function weigh() {
  const arrows = current.kind === "neurons" ? Object.entries(current.arrows) : [], weights = new Map();
  if (new Set(arrows.map(([, arrow]) => arrow)).size <= SPOT.arrows) return; // then a caption says it
  for (const [use, arrow] of arrows) {
    const [node, position] = use.split(",").map(Number), { kind, operands } = graph.nodes[node];
    const weight = kind === "weighted_sum" ? graph.nodes[operands[position - Math.floor(operands.length / 2)]]?.data : NaN;
    if (Number.isFinite(weight) && Math.abs(weight) >= Math.abs(weights.get(arrow) ?? 0)) weights.set(arrow, weight);
  }
  const largest = Math.max(...[...weights.values()].map(Math.abs)) || 1;
  for (const [arrow, weight] of weights) { // not `opacity`: a layer for each of hundreds darkens what is behind
    const size = Math.abs(weight) / largest;
    dressed(arrow, { "stroke-opacity": (FAINTEST + (1 - FAINTEST) * size ** 2).toFixed(2), "stroke-width": (0.5 + 1.5 * size).toFixed(2) }, []);
    arrow.classList.add("weight");
    arrow.classList.toggle("below", weight < 0);
  }
}

function leafBox(box, leaf) {
  box.classList.add("leaf-box");
  box.dataset.leaf = leaf;
  button(box, `${graph.nodes[leaf].name}: change its number`, () => focusLeaf(leaf));
}

// The operand of a use, "node,position".
function operandOf(use) {
  const [node, position] = use.split(",");
  return graph.nodes[node].operands[position];
}

// The box of an operand of a node, or its chip that is docked to the node's.
function boxOf(node, slot) {
  const use = `${node},${slot}`;
  return current.chips[use] ?? current.boxes[operandOf(use)];
}

function openGroup(nodes) {
  show(kinds[0]);
  forget();
  const boxes = nodes.map((i) => current.boxes[i]).reverse(); // the result first
  for (const box of boxes) box?.classList.add("found");
  follow(boxes);
  drawMap();
}

// Of the two layouts of a kind of view, the one whose text is larger in this window.
function layoutOf(kind) {
  return Object.values(views).filter((view) => view.kind === kind).reduce((a, b) => (fitting(b) > fitting(a) ? b : a));
}

// The first kind of view whose text can be read, in a window of this width, where it is seen as a whole; else the one whose
// text is the largest. A few values are not shown as layers, whose boxes have no numbers: their picture is scrolled.
function legible() {
  const largest = kinds.reduce((a, b) => (fitting(layoutOf(b)) > fitting(layoutOf(a)) ? b : a));
  const least = Math.max(SCALES.legible, TEXT_PART * innerWidth / TEXT);
  const found = kinds.find((kind) => fitting(layoutOf(kind)) >= least) ?? largest;
  return found === "layers" && graph.nodes.length <= FEW_VALUES ? kinds[0] : found;
}

// The scale at which a picture of this size is shown: a person's choice; else that of the whole picture, or the least at
// which it can be read, where it is scrolled to the current step. Presented in a small window, one that is scrolled is near.
function scaleOf(size) {
  const { legible, near, presented } = SCALES, whole = fitting(size);
  const close = () => Math.max(legible, Math.min(near, (at("pane").clientWidth - 16) / widest(current)));
  const least = presenting() && innerWidth >= LARGE_WINDOW ? presented : presenting() && whole < legible ? close() : legible;
  return current.isChosen ? current.zoom : Math.max(least, whole);
}

// The width of its widest box.
function widest({ svg }) {
  return Math.max(...[...svg.querySelectorAll(".node:not([visibility])")].map((box) => extentOf(box).width));
}

function show(kind) {
  current = layoutOf(kind);
  for (const view of Object.values(views)) view.element.hidden = view !== current;
  at("note").textContent = graph.notes[kind];
  for (const one of at("views").children) one.setAttribute("aria-pressed", one.dataset.view === kind);
  zoom(scaleOf(current));
  render("instant"); // in full screen, a browser stops what scrolls smoothly
  if (!position) begin();
}

// At the start, the result is seen and the first step with what it is computed from; or this alone where there is no room for both.
function begin() {
  const { node, positions } = timeline[0] ?? SEED;
  follow([current.boxes[graph.root]]);
  follow([current.boxes[node], ...positions.map((slot) => boxOf(node, slot))]);
}
