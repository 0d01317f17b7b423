// The local derivatives in the picture: a pill on each arrow, and on each chip and stacked value, which have no arrow.
// A pill multiplies: the gradient of the result · the pill is added to the gradient of the operand.

const PILL = { height: 18, inset: 4, space: 4, // in the picture's units
               widths: [1, 0.88, 0.75], // of the width that it needs: the others where there is no room for it
               leading: 1, // above and below the letters of a text
               dock: 1 }; // how far a pill beside its box reaches into it

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
  view.lines = linesOf(Object.values(view.arrows));
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
  const pills = alone.map(([place, uses]) => {
    const shape = drawn("rect", { height: PILL.height, rx: PILL.height / 2 }), text = drawn("text", { y: 4.5 });
    const pill = drawn("g", { class: "pill", "aria-hidden": "true", visibility: "hidden" }, shape, text);
    place.parentNode.append(pill);
    return { place, uses, pill, shape, text, isArrow: uses[0] in view.arrows, alone: {} };
  });
  pills.of = new Map(pills.flatMap((one) => one.uses.map((use) => [use, one])));
  return pills;
}

// A pill stands where it covers no text and no other pill, or is left out. The first to come stay where they are; that of
// the current step takes the place of others. Outside its box, on another box, on another arrow or among many, a pill is
// seen only in its own step.
function showPills(local, step) {
  current.pills ??= pillsOf(current);
  const known = new Map(); // in the order of the pass
  for (const use of Object.keys(local)) {
    const one = current.pills.of.get(use);
    if (one) known.set(one, [...(known.get(one) ?? []), use]);
  }
  const areMany = Object.keys(current.arrows).length > SPOT.arrows;
  let placed = [];
  for (const [one, uses] of known) {
    const product = uses.map((use) => number(localOf(current, use, local))).join(" + "), isNow = uses.includes(step?.use);
    if (one.isArrow && areMany && !isNow) {
      one.spot = null;
      continue;
    }
    if (one.product !== product || one.pass !== pass) Object.assign(one, { product, pass, spots: spotsOf(one, product) });
    const spots = isNow ? one.spots : one.spots.filter(({ isOutside, isOnBox, away = SPOT.alone }) => !isOutside && !isOnBox && away > SPOT.apart);
    one.spot = spots.find((spot) => !placed.some((other) => meet(spot.extent, other.spot.extent))) ?? (isNow && spots[0]);
    if (!one.spot) continue;
    for (const other of placed) if (meet(one.spot.extent, other.spot.extent)) other.spot = null;
    placed = [...placed.filter(({ spot }) => spot), one];
  }
  for (const one of current.pills) {
    one.pill.classList.toggle("current", one.isArrow && one.uses.includes(step?.use));
    drawPill(one, known.has(one) && one.spot);
  }
}

function drawPill(one, spot) {
  const { pill, shape, text, product } = one;
  pill.setAttribute("visibility", spot ? "visible" : "hidden");
  if (!spot || one.drawn === spot) return;
  one.drawn = spot;
  text.replaceChildren("∂", drawn("tspan", { dx: PILL.space }, product));
  dressed(text, { textLength: Math.min(spot.width, widthOfPill(product)) - 2 * PILL.inset, lengthAdjust: "spacingAndGlyphs" }, []);
  dressed(shape, { width: spot.width, x: -spot.width / 2, y: -PILL.height / 2 }, []);
  pill.setAttribute("transform", `translate(${spot.x} ${spot.y})`);
}

const widthOfPill = (product) => (product.length + 1) * CHARACTER + PILL.space + 2 * PILL.inset;

// The places for a pill with this text that cover no other text, the best first: {x, y, width} of its middle, in the
// units of its arrow or box, and its `extent` in the picture.
function spotsOf({ place, isArrow, alone }, product) {
  if (current.obstacles?.pass !== pass) current.obstacles = obstaclesOf(current);
  const { texts, boxes } = current.obstacles, { left, top } = current.svg.getBoundingClientRect(), screen = place.parentNode.getScreenCTM();
  const needed = widthOfPill(product);
  const onLine = () => PILL.widths.flatMap((part) => onArrow(place, part * needed, PILL.height, current.lines));
  const found = isArrow ? (alone[needed] ??= onLine()) : [...inBox(place, needed), ...besideBox(place, needed)];
  const spots = found.map((spot) => ({ ...spot, extent: {
    x: (screen.e - left) / current.zoom + spot.x - spot.width / 2, y: (screen.f - top) / current.zoom + spot.y - PILL.height / 2,
    width: spot.width, height: PILL.height } }));
  const isWhole = ({ x, y, width }) => x > 0 && y > 0 && x + width < current.width && y + PILL.height < current.height;
  const isOnBox = ({ extent }) => boxes.some(({ box, extent: other }) => box !== place && meet(extent, other));
  const free = spots.filter((spot) => isWhole(spot.extent) && !texts.some((text) => meet(spot.extent, text)));
  const isLast = (spot) => Boolean(spot.isOutside) && isOnBox(spot); // where no other place is free
  if (!isArrow) return free.sort((a, b) => isLast(a) - isLast(b));
  const known = free.map((spot) => ({ ...spot, isOnBox: isOnBox({ extent: around(spot.extent, SPOT.clear) }) })), rank = (spot) => 2 * spot.isOnBox + (spot.away <= SPOT.apart);
  return known.sort((a, b) => rank(a) - rank(b) || b.width - a.width);
}

// What a pill may not cover: every text, with the room for a gradient to come; and, where it stands beside its box, another box.
function obstaclesOf(view) {
  const gradients = new Set(view.rows.filter(({ what }) => what === "grad").map(({ text }) => text)); // each up to its box's edge
  const boxes = [...view.svg.querySelectorAll(".node:not([visibility])")], texts = [...view.svg.querySelectorAll("text")];
  const seen = texts.filter((text) => !text.closest(".pill, .travelling, [visibility=hidden]"));
  const inked = (text) => {
    const { x, y, width, height } = placeOf(text), box = gradients.has(text) && placeOf(text.closest(".node").querySelector("path, polygon"));
    return { x, y: y + PILL.leading, width: box ? box.x + box.width - x : width, height: height - 2 * PILL.leading };
  };
  return { pass, texts: seen.map(inked), boxes: boxes.map((box) => ({ box, extent: placeOf(box.querySelector("path, polygon, ellipse")) })) };
}

// At the end of a box's heading, or between its data and its gradient; beside the data of a chip whose gradient is below
// them, away from its edge, to which gradients come.
function inBox(box, needed) {
  const texts = [...box.querySelectorAll("text")], { x: left, y: top, width: whole, height } = box.querySelector("path, polygon").getBBox();
  const at = (text, name) => Number(text.getAttribute(name)), last = texts.at(-1), edge = left + whole - 4;
  const heading = texts.findLast((text) => at(text, "y") < at(last, "y")), beside = texts.findLast((text) => text !== last && at(text, "y") === at(last, "y"));
  const isNumber = (text) => current.rows.some((row) => row.text === text);
  const ends = heading || beside ? [[heading, edge], [beside, at(last, "x") - 3]] : [[last, edge]];
  const low = top + height - PILL.height / 2 - PILL.inset, isFree = low - PILL.height > at(last, "y") && whole > needed + 8;
  const below = isFree ? [{ x: edge - needed / 2, y: low, width: needed }] : []; // where its chips are higher than its lines
  const inLine = ends.filter(([text]) => text).flatMap(([text, end]) => {
    const room = end - at(text, "x") - text.getComputedTextLength() - 3, width = Math.min(needed, room);
    const x = text === heading && isNumber(text) ? Math.min(end, end - room + width + 2 * PILL.inset) - width / 2 : end - width / 2;
    return room < PILL.widths.at(-1) * needed ? [] : [{ x, y: at(text, "y") - 4, width }];
  });
  return [...below, ...inLine.sort((a, b) => b.width - a.width)];
}

// Docked to a box: above it, below it, or at a side.
function besideBox(box, width) {
  const { x, y, width: whole, height } = box.querySelector("path, polygon").getBBox(), away = PILL.height / 2 - PILL.dock;
  const ends = [x + whole - width / 2 - PILL.inset, x + width / 2 + PILL.inset], sides = [x - width / 2 + PILL.dock, x + whole + width / 2 - PILL.dock];
  return [...[y - away, y + height + away].flatMap((y) => ends.map((x) => ({ x, y }))), ...sides.map((x) => ({ x, y: y + height / 2 }))]
    .map((middle) => ({ ...middle, width, isOutside: true }));
}
