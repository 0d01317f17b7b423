// The picture: its views, zooming, and following the current step.

const views = {};
for (const element of document.querySelectorAll(".view")) {
  const name = element.dataset.view, svg = element.querySelector("svg"), shown = graph.shown[name], find = finder(svg);
  const { width, height } = svg.viewBox.baseVal;
  const view = { element, svg, shown, find, zoom: 0, width, height };
  svg.setAttribute("role", "group");
  view.boxes = shown.boxes.map((box) => (box < 0 ? null : find(`n${box}`)));
  view.arrows = Object.fromEntries(Object.entries(shown.arrows).map(([use, arrow]) => [use, find(arrow)]));
  view.chips = Object.fromEntries(Object.entries(shown.chips).map(([use, box]) => [use, find(`n${box}`)]));
  view.rows = shown.rows.map(([box, row, what, node, word]) => ({ what, node, word, text: find(`n${box}`).querySelectorAll("text")[row] }));
  views[name] = view;
  prepare(view);
}
let current = views[Object.keys(views)[0]];

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

// Clicking a leaf edits its number; clicking a neuron or layer shows its operations.
function prepare(view) {
  const whose = new Map();
  view.boxes.forEach((box, i) => box && whose.set(box, [...(whose.get(box) || []), i]));
  for (const [use, chip] of Object.entries(view.chips)) whose.set(chip, [operandOf(use)]);
  for (const [box, nodes] of whose) {
    if (nodes.length === 1 && leaves.includes(nodes[0])) {
      box.classList.add("leaf-box");
      box.dataset.leaf = nodes[0];
      button(box, `${graph.nodes[nodes[0]].name}: change its number`, () => focusLeaf(nodes[0]));
    } else if (view.element.dataset.view !== "operations") {
      button(box, `${box.querySelector("text").textContent}: show its operations`, () => openGroup(nodes));
    }
  }
}

// The operand of a use, "node,position".
function operandOf(use) {
  const [node, position] = use.split(",");
  return graph.nodes[node].operands[position];
}

function openGroup(nodes) {
  if (!views.operations) {
    const inside = nodes.filter((i) => graph.nodes[i].f >= 0), texts = inside.slice(0, 12).map((i) => forwardText(graph, pass.data, i));
    return say([...texts, ...(inside.length > 12 ? [`… and ${inside.length - 12} more`] : [])].join(" ; "), true);
  }
  show("operations");
  follow(...nodes.map((i) => views.operations.boxes[i]));
}

function show(name) {
  for (const [other, view] of Object.entries(views)) view.element.hidden = other !== name;
  current = views[name];
  for (const one of at("views").children) one.setAttribute("aria-pressed", one.dataset.view === name);
  zoom(current.zoom || (fitting() < SMALLEST ? LEGIBLE : fitting()));
  render();
  if (!position) follow(current.boxes[computed[0] ?? graph.root]);
}

function fitting() {
  const pane = at("pane");
  return Math.min(presenting() ? 4 : 2, (pane.clientWidth - 8) / current.width, (pane.clientHeight - 8) / current.height);
}

// Zoom about the middle of the visible area.
function zoom(scale) {
  const pane = at("pane"), before = current.zoom || 1;
  const x = (pane.scrollLeft + pane.clientWidth / 2) / before, y = (pane.scrollTop + pane.clientHeight / 2) / before;
  current.zoom = Math.max(0.15, Math.min(6, scale));
  current.svg.style.width = `${current.width * current.zoom}px`;
  current.svg.style.height = `${current.height * current.zoom}px`;
  pane.scrollTo({ left: x * current.zoom - pane.clientWidth / 2, top: y * current.zoom - pane.clientHeight / 2, behavior: "auto" });
}

// Scroll until all boxes are in view; where there is no room for all, the first box and as much as fits of the others.
function follow(...boxes) {
  const pane = at("pane"), margin = 12, { left, top } = pane.getBoundingClientRect();
  const [first, ...others] = boxes.filter(Boolean).map((box) => box.getBoundingClientRect());
  if (!first) return;
  const along = (low, high, start, length) => {
    const from = Math.min(first[low], ...others.map((box) => box[low])) - start - margin;
    const to = Math.max(first[high], ...others.map((box) => box[high])) - start - length + margin;
    if (from >= 0 && to <= 0) return 0;
    return Math.min(first[low] - start - margin, Math.max(first[high] - start - length + margin, (from + to) / 2));
  };
  pane.scrollTo({ left: pane.scrollLeft + along("left", "right", left, pane.clientWidth),
                  top: pane.scrollTop + along("top", "bottom", top, pane.clientHeight),
                  behavior: still.matches ? "auto" : "smooth" });
}
