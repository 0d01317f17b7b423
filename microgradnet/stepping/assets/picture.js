// The picture: its views, collapsing neurons, zooming, and following the current step.

const views = {};
for (const element of document.querySelectorAll(".view")) {
  const name = element.dataset.view, svg = element.querySelector("svg"), shown = graph.shown[name];
  const find = (id) => svg.querySelector(`#${CSS.escape(`${svg.classList[0]}-${id}`)}`);
  svg.setAttribute("role", "group");
  const view = { element, svg, shown, find, zoom: 0, width: svg.viewBox.baseVal.width, height: svg.viewBox.baseVal.height };
  view.boxes = shown.boxes.map((box) => (box < 0 ? null : find(`n${box}`)));
  view.rows = shown.rows.map(([box, row, what, node]) => ({ what, node, text: find(`n${box}`).querySelectorAll("text")[row] }));
  for (const row of view.rows) row.word = row.text.textContent.split(/[ \u00a0]/)[0];
  view.covers = shown.clusters.map((members, i) => frame(view, members, find(`c${i}`)));
  views[name] = view;
  prepare(view);
}
let current = views[Object.keys(views)[0]];

// A neuron's frame: a click collapses it (an opaque cover, no new layout), a click on the cover expands it again.
function frame(view, members, cluster) {
  const box = cluster.querySelector("polygon, path").getAttribute(cluster.querySelector("polygon") ? "points" : "d");
  const pairs = box.match(/-?[\d.]+,-?[\d.]+/g).map((pair) => pair.split(",").map(Number));
  const [left, right] = [Math.min(...pairs.map((p) => p[0])), Math.max(...pairs.map((p) => p[0]))];
  const [top, bottom] = [Math.min(...pairs.map((p) => p[1])), Math.max(...pairs.map((p) => p[1]))];
  const name = cluster.querySelector("text").textContent, cover = shape("g", { class: "cover" });
  cover.append(shape("rect", { x: left, y: top, width: right - left, height: bottom - top, rx: 10, fill: "white" }));
  const nodes = graph.nodes.map((_, i) => i).filter((i) => members.includes(view.shown.boxes[i]));
  const results = nodes.filter((i) => graph.nodes[i].f >= 0);
  const middle = { x: (left + right) / 2, "text-anchor": "middle" };
  const size = Math.max(14, Math.min(34, (bottom - top) / 6)); // scales with the area that it covers
  const lines = [name, "", ""].map((text, i) => {
    const line = shape("text", { ...middle, y: (top + bottom) / 2 + size * 1.3 * (i - 0.8), "font-size": size });
    line.textContent = text;
    cover.append(line);
    return line;
  });
  const made = { cover, cluster, nodes, last: results[results.length - 1], lines, closed: false };
  cluster.classList.add("frame");
  for (const [element, closed] of [[cluster, true], [cover, false]]) {
    button(element, `${name}: ${closed ? "collapse" : "expand"} this neuron`, () => { fold(made, closed); render(); });
  }
  cover.style.display = "none";
  cluster.parentNode.append(cover);
  return made;
}

function fold(made, closed) {
  made.closed = closed;
  made.cover.style.display = closed ? "" : "none";
  for (const i of made.nodes) views.operations.boxes[i].style.display = closed ? "none" : "";
}

function shape(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function button(element, label, action) {
  element.setAttribute("tabindex", "0");
  element.setAttribute("role", "button");
  element.setAttribute("aria-label", label);
  element.addEventListener("click", () => { if (!moved) action(); });
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); event.stopPropagation(); action(); }
  });
}

// Clicking a leaf edits its number; clicking a neuron or layer shows its operations.
function prepare(view) {
  const whose = new Map();
  view.boxes.forEach((box, i) => box && whose.set(box, [...(whose.get(box) || []), i]));
  for (const [box, nodes] of whose) {
    const leaf = nodes.length === 1 && leaves.includes(nodes[0]) ? nodes[0] : -1;
    if (leaf >= 0) {
      box.classList.add("leaf-box");
      box.dataset.leaf = leaf;
      button(box, `${graph.nodes[leaf].name}: change its number`, () => focusLeaf(leaf));
    } else if (view.element.dataset.view !== "operations") {
      button(box, `${box.querySelector("text").textContent}: show its operations`, () => openGroup(nodes));
    }
  }
}

function openGroup(nodes) {
  const inside = nodes.filter((i) => graph.nodes[i].f >= 0);
  if (!views.operations) {
    const shown = inside.slice(0, 12).map((i) => forwardText(graph, pass.data, i));
    say([...shown, inside.length > 12 ? `… and ${inside.length - 12} more` : ""].filter(Boolean).join(" ; "), true);
    return;
  }
  for (const made of views.operations.covers) fold(made, !made.nodes.some((i) => nodes.includes(i)));
  show("operations");
  follow(views.operations.boxes[nodes[0]]);
}

function show(name) {
  for (const [other, view] of Object.entries(views)) view.element.hidden = other !== name;
  current = views[name];
  for (const one of at("views").children) one.setAttribute("aria-pressed", one.dataset.view === name);
  at("frames").hidden = !current.covers.length;
  zoom(current.zoom || fitting(LEGIBLE));
  render();
  if (!position) follow(visible(computed[0] ?? graph.root));
}

function fitting(smallest = 0.15) {
  const pane = at("pane");
  return Math.max(smallest, Math.min(2, (pane.clientWidth - 8) / current.width, (pane.clientHeight - 8) / current.height));
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

function follow(box) {
  if (!box) return;
  const pane = at("pane").getBoundingClientRect(), seen = box.getBoundingClientRect(), margin = 12;
  const inside = seen.left > pane.left + margin && seen.right < pane.right - margin &&
                 seen.top > pane.top + margin && seen.bottom < pane.bottom - margin;
  if (inside) return;
  at("pane").scrollBy({ left: (seen.left + seen.right - pane.left - pane.right) / 2,
                        top: (seen.top + seen.bottom - pane.top - pane.bottom) / 2,
                        behavior: still.matches ? "auto" : "smooth" });
}
