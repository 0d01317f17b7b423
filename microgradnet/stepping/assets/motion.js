// The direction of a pass, seen: arrows point to the box that changes, and the number it is given travels there.

const POINTS = 24; // of a line along which a number travels
const LONGEST = 900; // milliseconds, and never as long as a step of Play

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

// Forward, each operand's data travels to the result; backward, the contribution travels to the operand.
function travel(step) {
  for (const old of document.querySelectorAll(".travelling")) old.remove();
  if (!step || still.matches) return;
  for (const slot of step.positions) {
    const use = `${step.node},${slot}`, route = routeOf(use, step);
    if (!route) continue;
    if (step.what === "grad") route.reverse();
    const carried = number(step.what === "grad" ? step.contribution : pass.data[operandOf(use)]), width = 7 * carried.length + 12;
    const label = drawn("g", { class: "travelling", "aria-hidden": "true" },
      drawn("rect", { x: -width / 2, y: -9, width, height: 18, rx: 9 }), drawn("text", { y: 4 }, carried));
    current.boxes[step.node].parentNode.append(label);
    const duration = Math.min(LONGEST, 0.6 * Number(at("speed").value));
    label.animate(route.map(({ x, y }) => ({ transform: `translate(${x}px, ${y}px)` })), { duration, easing: "ease-in-out" })
      .onfinish = () => label.remove();
  }
}

// From the operand to the result: along the arrow, or straight to a box that it is docked to; nothing within one box.
function routeOf(use, { what, node }) {
  const result = current.boxes[node], operand = current.chips[use] ?? current.boxes[operandOf(use)];
  if (!result || !operand || operand === result) return null;
  const line = current.arrows[use]?.querySelector("path");
  if (!line) return [middle(operand, what, operandOf(use)), middle(result, what, node)];
  const length = line.getTotalLength();
  return [...Array(POINTS).keys()].map((i) => line.getPointAtLength(length * i / (POINTS - 1)));
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
