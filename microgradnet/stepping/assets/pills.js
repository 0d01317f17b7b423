// The local derivatives in the picture: a pill on each arrow, and on each chip and stacked value, which have no arrow.
// A pill multiplies: the gradient of the result · the pill is added to the gradient of the operand.

const PILL = { height: 18, inset: 4, space: 3, // in the picture's units
               narrowest: 0.75, // of the width that it needs
               along: [0.5, 0.35, 0.65, 0.25, 0.75] }; // parts of an arrow

// ∂result/∂operand for a use; where a run of values is folded into one box, times the derivatives along the run.
function localOf(view, use, local) {
  let [node] = use.split(",").map(Number), product = local[use];
  for (let next; (next = view.inside[node]); [node] = next.split(",").map(Number)) product *= local[next];
  return product;
}

// Where the pills of a view belong: uses by the arrow, chip or box that they are a part of.
function pillsOf(view) {
  const places = new Map();
  view.inside = {};
  for (const use of Object.keys(graph.uses)) {
    const [node] = use.split(",").map(Number), operand = operandOf(use), result = view.boxes[node];
    const isOpen = view.kind === "operations" || [...view.cards.values()].some(({ nodes }) => nodes.includes(node));
    if (graph.nodes[operand].constant || !result || !isOpen) continue;
    if (view.boxes[operand] === result && graph.nodes[operand].f >= 0) view.inside[operand] = use;
    else {
      const place = view.arrows[use] ?? view.chips[use] ?? view.boxes[operand];
      if (place) places.set(place, [...(places.get(place) ?? []), use]);
    }
  }
  const alone = [...places].filter(([, uses]) => uses.every((use) => operandOf(use) === operandOf(uses[0]))); // no inputs that share a box
  return alone.map(([place, uses]) => {
    const shape = drawn("rect", { height: PILL.height, rx: PILL.height / 2 }), text = drawn("text", { y: 4.5 });
    const pill = drawn("g", { class: "pill", "aria-hidden": "true", visibility: "hidden" }, shape, text);
    place.parentNode.append(pill);
    return { place, uses, pill, shape, text, isArrow: uses[0] in view.arrows };
  });
}

// A pill that has no room stands outside its box, and only in its own step.
function showPills(local, step) {
  current.pills ??= pillsOf(current);
  const placed = [];
  for (const one of current.pills) {
    const known = one.uses.filter((use) => use in local), product = known.map((use) => number(localOf(current, use, local))).join(" + ");
    const measured = `${product} ${one.place.querySelector("text")?.textContent.length}`, isNew = one.measured !== measured;
    if (known.length && isNew) Object.assign(one, { measured, spot: spotOf(one, product, placed) });
    const { spot } = one, isShown = known.length > 0 && (!spot.isOutside || known.includes(step?.use));
    one.pill.setAttribute("visibility", isShown ? "visible" : "hidden");
    if (isShown && one.isArrow) placed.push(spot);
    if (!known.length || !isNew) continue;
    one.text.replaceChildren("∂", drawn("tspan", { dx: PILL.space }, product));
    dressed(one.text, { textLength: spot.width - 2 * PILL.inset, lengthAdjust: "spacingAndGlyphs" }, []);
    dressed(one.shape, { width: spot.width, x: -spot.width / 2, y: -PILL.height / 2 }, []);
    one.pill.setAttribute("transform", `translate(${spot.x} ${spot.y})`);
  }
}

// The middle and the width of a pill with this text; computed when it changes, as it takes measuring the picture.
function spotOf({ place, uses, isArrow }, product, placed) {
  const width = (product.length + 1) * CHARACTER + PILL.space + 2 * PILL.inset;
  return isArrow ? onArrow(place, uses[0], width, placed) : inBox(place, width);
}

// Along the arrow, first so far from the operand that the pills of arrows that cross each other do not meet.
function onArrow(arrow, use, width, placed) {
  const line = arrow.querySelector("path"), length = line.getTotalLength();
  const siblings = Object.keys(current.arrows).filter((other) => operandOf(other) === operandOf(use)).length;
  const points = [1 / (siblings + 1), ...PILL.along].map((part) => line.getPointAtLength(length * part));
  const meets = (a) => placed.some((b) => Math.abs(a.x - b.x) < (width + b.width) / 2 && Math.abs(a.y - b.y) < PILL.height);
  const { x, y } = points.find((point) => !meets(point)) ?? points[0];
  return { x, y, width: Math.max(PILL.narrowest * width, Math.min(width, length)) };
}

// At the end of a box's heading, or between its data and its gradient; without room there, on the left.
function inBox(box, needed) {
  const texts = [...box.querySelectorAll("text")], { x: left, width: whole } = box.querySelector("path, polygon").getBBox();
  const at = (text, name) => Number(text.getAttribute(name)), last = texts.at(-1), edge = left + whole - 4;
  const heading = texts.findLast((text) => at(text, "y") < at(last, "y")), beside = texts.findLast((text) => text !== last && at(text, "y") === at(last, "y"));
  const spots = (heading || beside ? [[heading, edge], [beside, at(last, "x") - 3]] : [[last, edge]]).filter(([text]) => text).map(([text, end]) => (
    { end, y: at(text, "y") - 4, room: end - at(text, "x") - CHARACTER * text.textContent.length - 3 }));
  const inside = spots.find(({ room }) => room >= PILL.narrowest * needed), { end, y } = inside ?? spots[0];
  const width = inside ? Math.min(needed, inside.room) : needed;
  return { x: (inside ? end : Math.max(left, width)) - width / 2, y, width, isOutside: !inside };
}
