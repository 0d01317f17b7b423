// The direction of a pass, seen: arrows point to the box that changes, and the number it is given travels there.

const POINTS = 24; // of a line along which a number travels
const LONGEST = 1600; // milliseconds, and never as long as a step of Play
const PART = 0.75; // of a step of Play
const FEW = 2; // operands of a step, whose numbers travel even where they are docked to the box
const ASIDES = [0, 0.5, -0.5, 1, -1, 1.5, -1.5, 2, -2, 2.5, -2.5, 3, -3]; // beside the line: of half its width, or of twice its height
const DETOUR = 150; // in the picture's units: so far from its sender a number begins rather than cover a pill
const MET = [0.3, 0.75]; // when the gradient meets the local derivative, and when they are multiplied: parts of the way

// In the backward pass an arrow points to its operand: its head moves to the other end of the line, and is turned.
function turn(arrow, isBack) {
  const head = arrow?.querySelector("polygon");
  if (!head) return;
  if (!isBack) return head.removeAttribute("transform");
  const line = arrow.querySelector("path"), length = line.getTotalLength();
  const [start, inner, end] = [0, Math.min(7, length), length].map((along) => line.getPointAtLength(along));
  const away = (point) => Math.hypot(point.x - end.x, point.y - end.y);
  const tip = [...head.points].reduce((a, b) => (away(b) > away(a) ? b : a));
  const direction = (from, to) => Math.atan2(to.y - from.y, to.x - from.x) * 180 / Math.PI;
  const degrees = direction(inner, start) - direction(end, tip);
  head.setAttribute("transform", `translate(${start.x} ${start.y}) rotate(${degrees}) translate(${-tip.x} ${-tip.y})`);
}

// Forward, each operand's data travels to the result; backward, the gradient of the result travels to the operand, and on
// its way it is multiplied by the local derivative.
function travel(step) {
  if (!step || still.matches) return;
  const isBack = step.what === "grad", duration = Math.min(LONGEST, PART * Number(at("speed").value));
  const isCrowded = step.positions.length > FEW; // then those that are docked to the box stay where they can be read
  const moving = step.positions.filter((slot) => !isCrowded || current.arrows[`${step.node},${slot}`]);
  if (!isBack && moving.length) hold(step, duration);
  for (const slot of moving) {
    const use = `${step.node},${slot}`, route = routeOf(use, step);
    if (!route) continue;
    if (isBack) route.reverse();
    const texts = isBack ? [number(step.upstream), `${number(step.upstream)} × ${factor(step.local)}`, number(step.contribution)]
      : [number(pass.data[operandOf(use)])];
    const label = drawn("g", { class: "travelling", "aria-hidden": "true" }, ...texts.map(carried)), picture = current.boxes[step.node].parentNode;
    const widths = route.map((_, i) => Math.max(...seenAt(i / (POINTS - 1), texts.length).map((k) => widthOf(texts[k]))));
    const counters = countersOf(step), obstacles = obstaclesTo(counters, picture);
    const way = cheapest(waysBeside(route, widths, counters), (one) => costOf(one, widths, obstacles) + Math.hypot(one[0].x - route[0].x, one[0].y - route[0].y) / DETOUR);
    for (const { pill } of covered(obstacles.pills, placed(way, widths))) pill.classList.add("passed"); // faint until it is by
    picture.append(label);
    if (isBack) count(step, duration);
    const pace = { duration, easing: "ease-in-out" };
    if (isBack) [...label.children].forEach((one, i) => one.animate(shownFrom([0, ...MET][i], [...MET, 1][i]), pace));
    label.animate(way.map(({ x, y }) => ({ transform: `translate(${x}px, ${y}px)` })), pace)
      .onfinish = () => arrived(label);
  }
}

let counting = 0; // the next frame of a counter

// The result of a box stays unknown until what it is computed from has arrived.
function hold({ node, becomes }, duration) {
  const rows = current.rows.filter((row) => row.node === node && row.what === "data"), begin = performance.now();
  const frame = (now) => {
    const isThere = now - begin >= duration;
    for (const row of rows) write(row, `${row.word} ${isThere ? number(becomes) : "—"}`.trim());
    counting = isThere ? 0 : requestAnimationFrame(frame);
  };
  frame(begin);
}

// The gradient of the box that receives stays at what it was until the contribution arrives, and counts up with it.
function count({ whose, before, contribution, becomes, isFirst }, duration) {
  const rows = current.rows.filter(({ node, what }) => node === whose && what === "grad"), begin = performance.now();
  const frame = (now) => {
    const part = Math.min(1, ((now - begin) / duration - MET[1]) / (1 - MET[1])), isBefore = part <= 0;
    const shown = isBefore && isFirst ? "—" : number(isBefore ? before : part < 1 ? before + part * contribution : becomes);
    for (const row of rows) write(row, `${row.word} ${shown}`.trim());
    counting = part < 1 ? requestAnimationFrame(frame) : 0;
  };
  frame(begin);
}

// What moves ends: everything shows the numbers of the current step.
function settle() {
  cancelAnimationFrame(counting);
  arrived(...document.querySelectorAll(".travelling"));
}

function arrived(...labels) {
  for (const label of labels) label.remove();
  for (const pill of document.querySelectorAll(".passed")) pill.classList.remove("passed");
}

const widthOf = (text) => CHARACTER * text.length + 2 * PILL.inset; // of a number that travels

function carried(text) {
  const width = widthOf(text);
  return drawn("g", {}, drawn("rect", { x: -width / 2, y: -9, width, height: 18, rx: 9 }), drawn("text", { y: 4.5 }, text));
}

// Which of so many texts are seen about a part of the way.
function seenAt(part, count) {
  const at = (part) => (count > 1 ? MET.filter((met) => part >= met).length : 0);
  return [at(part - 1 / POINTS), at(part + 1 / POINTS)];
}

// Where the numbers are shown that the step changes, with the room that they have.
function countersOf({ what, whose }) {
  return current.rows.filter((row) => row.node === whose && row.what === what).map(({ text, room }) => {
    const { x, y, width: shown, height } = text.getBBox(), width = Math.max(shown, room * CHARACTER);
    return { x: x + width / 2, y: y + height / 2, width, height };
  });
}

// What a number on its way keeps clear of, by the middle: the counters; the pills, also its own, beside which it is
// multiplied; and the picture's edge.
function obstaclesTo(counters, picture) {
  const { x, y, width, height } = picture.getBBox();
  const others = current.pills.filter((one) => one.pill.parentNode === picture && one.pill.getAttribute("visibility") === "visible");
  return { counters, pills: others.map(({ pill, spot }) => ({ ...spot, pill, height: PILL.height })), picture: { x: x + width / 2, y: y + height / 2, width, height } };
}

// How far one is from another, or with the sign −1 how far it reaches out of it; less than 0 if it does not.
function beyond(one, other, sign) {
  return Math.max(...[["x", "width"], ["y", "height"]].map(([at, size]) => Math.abs(one[at] - other[at]) - (other[size] + sign * one[size]) / 2));
}

const covered = (others, some) => others.filter((other) => some.some((one) => beyond(one, other, 1) < 0));
const placed = (way, widths) => way.map((point, i) => ({ ...point, width: widths[i], height: PILL.height }));

// What a way costs: a counter that it covers, at a point or between two, is more than all pills and points beyond the edge.
function costOf(way, widths, { counters, pills, picture }) {
  const points = placed(way, widths);
  const spans = points.slice(1).map((b, i) => {
    const a = points[i], mean = (key) => (a[key] + b[key]) / 2;
    return { x: mean("x"), y: mean("y"), width: Math.abs(a.x - b.x) + Math.max(a.width, b.width), height: Math.abs(a.y - b.y) + PILL.height };
  });
  return covered(pills, points).length + points.filter((point) => beyond(point, picture, -1) > 0).length + POINTS * covered(counters, spans).length;
}

// The ways of a number of these widths, the nearest to its line first: at most one and a half times its width beside it, and
// at the end beside the counter that it is added to, or over or below it.
function waysBeside(route, widths, counters) {
  const [from, to] = [route[0], route.at(-1)], isAcross = Math.abs(to.x - from.x) > Math.abs(to.y - from.y), half = Math.max(...widths) / 2;
  const above = (k) => ({ x: 0, y: 2 * k * PILL.height }), beside = (k) => ({ x: k * half, y: 0 });
  const asides = ASIDES.flatMap((k) => (isAcross ? [above(k), beside(k)] : [beside(k), above(k)]));
  return endsBeside(to, 2 * half, counters).flatMap((end) => asides.map((aside) => route.map(({ x, y }, i) => {
    const part = (i / (POINTS - 1)) ** 2, along = (start, aside, to, end) => start + aside + part * (end - to - aside);
    return { x: along(x, aside.x, to.x, end.x), y: along(y, aside.y, to.y, end.y) };
  })));
}

// Where a number of this width ends: right, left, above or below of the nearest counter.
function endsBeside(to, width, counters) {
  const away = ({ x, y }) => Math.hypot(x - to.x, y - to.y);
  if (!counters.length) return [to];
  const near = counters.reduce((a, b) => (away(b) < away(a) ? b : a));
  const across = (near.width + width) / 2 + PILL.inset, down = (near.height + PILL.height) / 2 + PILL.inset;
  return [[across, 0], [-across, 0], [0, down], [0, -down]].map(([x, y]) => ({ x: near.x + x, y: near.y + y }));
}

function cheapest(some, cost) {
  const costs = some.map(cost);
  return some[costs.indexOf(Math.min(...costs))];
}

// Keyframes of what is seen from one part of the time to another.
function shownFrom(from, to) {
  const frames = [[0, from], [1, from], [1, to], [0, to]].map(([opacity, offset]) => ({ opacity, offset }));
  return [...(from > 0 ? [{ opacity: 0, offset: 0 }] : []), ...frames, ...(to < 1 ? [{ opacity: 0, offset: 1 }] : [])];
}

// From the operand to the result: along the arrow, or straight to a box that it is docked to; nothing within one box.
function routeOf(use, { what, node }) {
  const result = current.boxes[node], operand = current.chips[use] ?? current.boxes[operandOf(use)];
  if (!result || !operand || operand === result) return null;
  const line = current.arrows[use]?.querySelector("path"), parts = [...Array(POINTS).keys()].map((i) => i / (POINTS - 1));
  if (line) return parts.map((part) => line.getPointAtLength(line.getTotalLength() * part));
  const from = middle(operand, what, operandOf(use)), to = middle(result, what, node);
  return parts.map((part) => ({ x: from.x + part * (to.x - from.x), y: from.y + part * (to.y - from.y) }));
}

// Where a box shows a number.
function middle(box, what, node) {
  const row = current.rows.find((row) => row.node === node && row.what === what && box.contains(row.text));
  const { x, y, width, height } = (row?.text ?? box).getBBox();
  return { x: x + width / 2, y: y + height / 2 };
}

function drawn(tag, attributes, ...children) {
  return dressed(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}
