// A neuron opens where it stands: into a card of its values, for which the other boxes make room.

const CARD = { line: 18, row: 22, inset: 10, gap: 4, columns: 42, grad: 27, name: 14, // in the picture's units; the last three in characters
               most: 17 }; // leaves of their own: a neuron of 16 inputs is shown whole
const OPENING = 250; // milliseconds
const PARAMETER = { fill: "#fce0a8", stroke: "#9a5b00" }; // as in the pictures

function unfold(view, box, nodes) {
  const was = box.getBoundingClientRect();
  view.folded ??= { // as it was laid out
    boxes: new Map([...view.svg.querySelectorAll(".node")].map((one) => [one, extentOf(one)])),
    arrows: [...view.svg.querySelectorAll(".edge")].map((arrow) => arrowOf(view, arrow)), width: view.width, height: view.height,
  };
  view.cards.set(box, cardOf(view, box, nodes));
  box.setAttribute("visibility", "hidden");
  rearrange(view, view.cards.get(box).frame, was);
}

function fold(view, box) {
  const { card, frame, nodes } = view.cards.get(box), was = frame.getBoundingClientRect();
  view.cards.delete(box);
  card.remove();
  box.removeAttribute("visibility");
  for (const i of nodes) view.boxes[i] = box;
  rearrange(view, box, was);
}

// Every box goes to its new place and the picture fits the window again; where it does not, the box that opens or closes
// stays where it was in the window.
function rearrange(view, box, was) {
  const begin = performance.now(), before = view.layout ?? layoutWith(view, new Map()), after = layoutWith(view, view.cards);
  const scale = view.zoom, fitted = scaleOf(after.whole);
  for (const { pill } of view.pills ?? []) pill.remove();
  view.pills = view.obstacles = null;
  view.rows = view.rows.filter(({ text }) => text.isConnected);
  view.layout = after;
  const frame = (now) => {
    if (view.layout !== after) return; // another box opens or closes meanwhile
    if (view !== current) return arrange(view, after);
    const part = still.matches ? 1 : Math.min(1, (now - begin) / OPENING);
    arrange(view, blend(before, after, part));
    zoom(scale + part * (fitted - scale));
    const is = box.getBoundingClientRect();
    at("pane").scrollBy({ left: is.left - was.left, top: is.top - was.top, behavior: "instant" });
    if (part < 1) return requestAnimationFrame(frame);
    render(false);
    follow([box]);
  };
  frame(begin);
  box.focus({ preventScroll: true });
}

// ---- the places of boxes and arrows

// The places of all boxes when some have the size of their cards, and the size of the whole picture. In a column with cards
// those below them move down, and each column stays in the middle. `left` and `right` are the ends of a box's column,
// between which arrows run level, past the cards.
function layoutWith({ folded }, cards) {
  const more = (box, size) => Math.max(0, (cards.get(box)?.[size] ?? 0) - folded.boxes.get(box)[size]);
  const across = stretched([...cards.keys()].map((box) => {
    const { x, width } = folded.boxes.get(box);
    return { from: x, to: x + width, more: more(box, "width") };
  }));
  const columns = columnsOf(folded.boxes), sum = (boxes) => boxes.reduce((all, box) => all + more(box, "height"), 0);
  const most = Math.max(...columns.map(({ boxes }) => sum(boxes))), places = new Map();
  for (const { boxes, from, to } of columns) {
    const top = (most - sum(boxes)) / 2, left = across(from), right = across(to);
    for (const box of boxes) {
      const { x, y, width, height } = folded.boxes.get(box), size = cards.get(box) ?? { width, height };
      const above = sum(boxes.filter((other) => folded.boxes.get(other).y < y)), middle = y + height / 2 + top + above + more(box, "height") / 2;
      places.set(box, { x: across(x + width / 2) - size.width / 2, y: middle - size.height / 2, width: size.width, height: size.height, left, right });
    }
  }
  return { places, whole: { width: across(folded.width), height: folded.height + most } };
}

// The boxes that stand above each other, from left to right: {boxes, from, to}.
function columnsOf(places) {
  const columns = [];
  for (const [box, { x, width }] of [...places].sort(([, a], [, b]) => a.x - b.x)) {
    const last = columns.at(-1);
    if (last && x < last.to) Object.assign(last, { boxes: [...last.boxes, box], to: Math.max(last.to, x + width) });
    else columns.push({ boxes: [box], from: x, to: x + width });
  }
  return columns;
}

// Where a coordinate goes when spans {from, to, more} grow by `more`; where several lie over each other, by the most.
function stretched(spans) {
  const ends = [...new Set(spans.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const parts = ends.slice(1).map((end, i) => {
    const over = spans.filter(({ from, to }) => from <= ends[i] && end <= to);
    return { from: ends[i], length: end - ends[i], rate: Math.max(0, ...over.map(({ from, to, more }) => more / (to - from))) };
  });
  return (x) => x + parts.reduce((sum, { from, length, rate }) => sum + rate * Math.max(0, Math.min(length, x - from)), 0);
}

function blend(before, after, part) {
  const mixed = (a, b) => Object.fromEntries(Object.keys(b).map((key) => [key, a[key] + part * (b[key] - a[key])]));
  return { places: new Map([...after.places].map(([box, place]) => [box, mixed(before.places.get(box), place)])), whole: mixed(before.whole, after.whole) };
}

function arrange(view, { places, whole }) {
  const { folded, svg, cards } = view, graphic = svg.querySelector("[id$=graph0]");
  for (const [box, place] of places) {
    const { x, y } = folded.boxes.get(box);
    box.setAttribute("transform", `translate(${place.x - x} ${place.y - y})`);
    cards.get(box)?.card.setAttribute("transform", `translate(${place.x} ${place.y})`);
  }
  for (const arrow of folded.arrows) draw(arrow, folded.boxes, places);
  for (const text of graphic.querySelectorAll(":scope > text")) text.setAttribute("transform", `translate(0 ${whole.height - folded.height})`); // the caption
  Object.assign(view, whole, { map: null });
  svg.setAttribute("viewBox", `0 0 ${whole.width} ${whole.height}`);
}

// An arrow's two boxes, its line and its head, whose tip is the point that is farthest from the line.
function arrowOf({ find }, arrow) {
  const [, user, operand] = /e(\d+)_(\d+)$/.exec(arrow.id), line = arrow.querySelector("path"), head = arrow.querySelector("polygon");
  const numbers = line.getAttribute("d").match(/-?[\d.]+/g).map(Number);
  const points = numbers.flatMap((x, i) => (i % 2 ? [] : [{ x, y: numbers[i + 1] }])), end = points.at(-1);
  const corners = [...head.points].map(({ x, y }) => ({ x, y }));
  const tip = corners.reduce((a, b) => (Math.hypot(b.x - end.x, b.y - end.y) > Math.hypot(a.x - end.x, a.y - end.y) ? b : a));
  return { line, head, points, corners, tip, from: find(`n${operand}`), to: find(`n${user}`) };
}

// Each end moves with the point of its box that is nearest, and what lies between their columns in proportion.
function draw({ line, head, points, corners, tip, from, to }, folded, places) {
  const along = (x, from, length, start, size) => {
    const near = Math.max(from, Math.min(from + length, x));
    return start + (near - from) * size / length - near;
  };
  const moved = (box, { x, y }) => {
    const old = folded.get(box), { x: left, y: top, width, height } = places.get(box);
    return { x: along(x, old.x, old.width, left, width), y: along(y, old.y, old.height, top, height) };
  };
  const begin = moved(from, points[0]), end = moved(to, tip), last = points.length - 1, sender = places.get(from), receiver = places.get(to);
  const leaving = sender.right > sender.x + sender.width + 1 ? { x: sender.right - points[0].x, y: begin.y } : begin;
  const arriving = receiver.left < receiver.x - 1 ? { x: receiver.left - tip.x, y: end.y } : end;
  const shifted = ({ x, y }, by, part = 0, then = by) => ({ x: x + by.x + part * (then.x - by.x), y: y + by.y + part * (then.y - by.y) });
  const text = ({ x, y }) => `${x.toFixed(2)},${y.toFixed(2)}`;
  const curve = points.map((point, i) => shifted(point, leaving, i / last, arriving)), base = shifted(points[last], end);
  line.setAttribute("d", `M${text(shifted(points[0], begin))}${curve.map((point, i) => (["L", "C"][i] ?? " ") + text(point)).join("")}L${text(base)}`);
  const way = (from, to) => Math.atan2(to.y - from.y, to.x - from.x), turn = way(arriving === end ? curve[last - 1] : curve[last], base) - way(points[last], tip);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  head.setAttribute("points", corners.map((corner) => {
    const { x, y } = shifted(corner, end), dx = x - base.x, dy = y - base.y;
    return text({ x: base.x + dx * cos - dy * sin, y: base.y + dx * sin + dy * cos });
  }).join(" "));
}

function extentOf(box) {
  const { x, y, width, height } = box.querySelector("path, polygon, ellipse").getBBox();
  return { x, y, width, height };
}

// ---- the card of a neuron

// A row for each parameter, and for each result its formula and its numbers: {card, frame, nodes, width, height}. Of many
// parameters, or inputs, those with the largest gradients have a row.
function cardOf(view, box, nodes) {
  const shape = box.querySelector("path, polygon"), name = box.querySelector("text").textContent.trim();
  const width = CARD.columns * CHARACTER + 4 * CARD.inset, card = drawn("g", {}), frame = drawn("g", { class: box.getAttribute("class") });
  const isLeaf = (i) => graph.nodes[i].f < 0, size = (i) => Math.abs(pass.grad?.[i] ?? 0), own = nodes.filter(isLeaf);
  const largest = new Set([...own].sort((a, b) => size(b) - size(a)).slice(0, CARD.most)), others = own.filter((i) => !largest.has(i));
  let y = CARD.row + CARD.gap;
  for (const i of [...nodes.filter((i) => largest.has(i)), ...(others.length ? [null] : []), ...nodes.filter((i) => !isLeaf(i))]) {
    if (i === null) {
      y = leaveOut(view, card, others, y);
      continue;
    }
    const { heading, f } = graph.nodes[i], lines = f < 0 ? [] : wrapped(heading, CARD.columns), height = CARD.line * lines.length + CARD.row;
    const part = drawn("g", { class: f < 0 ? `node leaf ${graph.nodes[i].kind}` : "node" }, drawn("title", {}));
    part.append(plate(CARD.inset, y, width - 2 * CARD.inset, height, f < 0 ? PARAMETER : undefined));
    lines.forEach((text, k) => part.append(written(2 * CARD.inset, y + CARD.line * (k + 1) - 3, text)));
    const word = f < 0 ? shortened(graph.nodes[i].name) : "data", base = y + height - 7;
    const texts = [written(2 * CARD.inset, base, word), written(2 * CARD.inset + CARD.grad * CHARACTER, base, "grad")];
    part.append(...texts);
    view.rows.push({ what: "data", node: i, word, text: texts[0], room: CARD.grad }, { what: "grad", node: i, word: "grad", text: texts[1], room: CARD.columns - CARD.grad });
    card.append(part);
    view.boxes[i] = part;
    if (f < 0) leafBox(part, i);
    y += height + CARD.gap;
  }
  frame.append(drawn("title", {}, name), plate(0, 0, width, y + CARD.gap, { fill: shape.getAttribute("fill"), stroke: shape.getAttribute("stroke") }), written(CARD.inset, CARD.line - 2, `▾ ${name}`));
  button(frame, `${name}: close`, () => fold(view, box));
  frame.setAttribute("aria-expanded", true);
  card.prepend(frame);
  box.parentNode.append(card);
  return { card, frame, nodes, width, height: y + CARD.gap };
}

// Lines that stand for the leaves that have no row.
function leaveOut(view, card, others, y) {
  const part = drawn("g", { class: "node" }, drawn("title", {}));
  const lines = wrapped(`… ${others.length.toLocaleString("en")} more, with smaller gradients when this was opened`, CARD.columns);
  part.append(plate(CARD.inset, y, (CARD.columns * CHARACTER) + 2 * CARD.inset, CARD.line * lines.length + CARD.gap));
  part.append(...lines.map((text, k) => written(2 * CARD.inset, y + CARD.line * (k + 1) - 3, text)));
  card.append(part);
  for (const i of others) view.boxes[i] = part;
  return y + CARD.line * lines.length + 2 * CARD.gap;
}

function plate(x, y, width, height, colours = { fill: "#ffffff", stroke: "#56636f" }) {
  return drawn("path", { d: `M${x},${y}h${width}v${height}h${-width}z`, ...colours });
}

const written = (x, y, text) => drawn("text", { x, y, "font-size": 13, fill: "#1c2329" }, text);
const shortened = (name) => (name.length > CARD.name ? `${name.slice(0, CARD.name - 1)}…` : name);

// Lines of at most so many characters, where there are spaces.
function wrapped(text, most) {
  return text.split(" ").reduce(([...lines], word) => {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && longer.length > most) return [...lines, word];
    return [...lines.slice(0, -1), longer];
  }, []);
}
