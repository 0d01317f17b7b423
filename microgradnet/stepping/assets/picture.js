// The picture: its views, collapsing neurons, zooming, and following the current step.

const shape = (tag, attributes = {}, ...children) =>
  dressed(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

const views = {};
for (const element of document.querySelectorAll(".view")) {
  const name = element.dataset.view, svg = element.querySelector("svg"), shown = graph.shown[name], find = finder(svg);
  const { width, height } = svg.viewBox.baseVal;
  const view = { element, svg, shown, find, zoom: 0, width, height };
  svg.setAttribute("role", "group");
  view.boxes = shown.boxes.map((box) => (box < 0 ? null : find(`n${box}`)));
  view.arrows = Object.fromEntries(Object.entries(shown.arrows).map(([use, arrow]) => [use, find(arrow)]));
  view.rows = shown.rows.map(([box, row, what, node]) => ({ what, node, text: find(`n${box}`).querySelectorAll("text")[row] }));
  for (const row of view.rows) row.word = row.text.textContent.split(/[ \u00a0]/)[0];
  view.covers = shown.clusters.map((members, i) => frame(view, members, find(`c${i}`)));
  views[name] = view;
  prepare(view);
}
let current = views[Object.keys(views)[0]];

// A neuron's frame: a click collapses it (an opaque cover, no new layout), a click on the cover expands it again.
function frame(view, members, cluster) {
  const outline = cluster.querySelector("polygon, path"), name = cluster.querySelector("text").textContent;
  const pairs = (outline.getAttribute("points") ?? outline.getAttribute("d")).match(/-?[\d.]+,-?[\d.]+/g);
  const [xs, ys] = [0, 1].map((k) => pairs.map((pair) => Number(pair.split(",")[k])));
  const x = Math.min(...xs), y = Math.min(...ys), width = Math.max(...xs) - x, height = Math.max(...ys) - y;
  const size = Math.max(14, Math.min(34, height / 6)); // scales with the area that it covers
  const lines = [name, "", ""].map((text, i) =>
    shape("text", { x: x + width / 2, y: y + height / 2 + size * 1.3 * (i - 0.8), "text-anchor": "middle", "font-size": size }, text));
  const cover = shape("g", { class: "cover" }, shape("rect", { x, y, width, height, rx: 10, fill: "white" }), ...lines);
  const nodes = [...graph.nodes.keys()].filter((i) => members.includes(view.shown.boxes[i]));
  const last = nodes.findLast((i) => graph.nodes[i].f >= 0), neuron = { cover, nodes, last, lines, closed: false };
  cluster.classList.add("frame");
  for (const [element, closed] of [[cluster, true], [cover, false]]) {
    button(element, `${name}: ${closed ? "collapse" : "expand"} this neuron`, () => { fold(neuron, closed); render(); });
  }
  cover.style.display = "none";
  cluster.parentNode.append(cover);
  return neuron;
}

function fold(neuron, closed) {
  neuron.closed = closed;
  neuron.cover.style.display = closed ? "" : "none";
  for (const i of neuron.nodes) views.operations.boxes[i].style.display = closed ? "none" : "";
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

// Clicking a leaf edits its number; clicking a neuron or layer shows its operations.
function prepare(view) {
  const whose = new Map();
  view.boxes.forEach((box, i) => box && whose.set(box, [...(whose.get(box) || []), i]));
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

function openGroup(nodes) {
  if (!views.operations) {
    const inside = nodes.filter((i) => graph.nodes[i].f >= 0), texts = inside.slice(0, 12).map((i) => forwardText(graph, pass.data, i));
    return say([...texts, ...(inside.length > 12 ? [`… and ${inside.length - 12} more`] : [])].join(" ; "), true);
  }
  for (const neuron of views.operations.covers) fold(neuron, !neuron.nodes.some((i) => nodes.includes(i)));
  show("operations");
  follow(views.operations.boxes[nodes[0]]);
}

function show(name) {
  for (const [other, view] of Object.entries(views)) view.element.hidden = other !== name;
  current = views[name];
  for (const one of at("views").children) one.setAttribute("aria-pressed", one.dataset.view === name);
  at("frames").hidden = !current.covers.length;
  zoom(current.zoom || (fitting() < SMALLEST ? LEGIBLE : fitting()));
  render();
  if (!position) follow(visible(computed[0] ?? graph.root));
}

function fitting() {
  const pane = at("pane");
  return Math.min(2, (pane.clientWidth - 8) / current.width, (pane.clientHeight - 8) / current.height);
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
