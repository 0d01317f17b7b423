// The loss over one parameter, or two, with the path of descent; the other parameters stay as they are now.

const PLOT = { left: 52, right: 312, top: 18, bottom: 118 }; // its axes, in its units
const MOST_OFFERED = 40; // parameters
const EVALUATIONS = 300_000; // of values, at most, for one picture
const TICKS = 5; // of an axis, at most
const LEVELS = 12; // shades of a surface
const CONTOURS = 5; // of a surface
const offered = parameters.slice(0, MOST_OFFERED);
const trails = new WeakMap(); // the offered parameters' numbers at each point of a curve `losses`
let plotted = null; // what the plot shows: {xs, ys, heights}, heights[row][column]; a curve has one row
let extents = {}; // of each axis: from the number it had when chosen, until the path leaves it

// After a point was added to the curve of the loss.
function trace() {
  if (!trails.has(losses)) trails.set(losses, []);
  const trail = trails.get(losses);
  trail.length = losses.length - 1;
  trail.push(offered.map((i) => graph.nodes[i].data));
}

// A value of the graph where some leaves, a Map, have other numbers.
function valueAt(changed, node = graph.root) {
  const was = [...changed.keys()].map((i) => [i, graph.nodes[i].data]);
  for (const [i, x] of changed) graph.nodes[i].data = x;
  const { data } = forward(graph, OPERATIONS);
  for (const [i, x] of was) graph.nodes[i].data = x;
  return data[node];
}

// The numbers along an axis: around those that the path went through.
function axisOf(leaf, points) {
  const visited = [...(trails.get(losses) ?? []).map((numbers) => numbers[offered.indexOf(leaf)]), graph.nodes[leaf].data].filter(Number.isFinite);
  const low = Math.min(...visited), high = Math.max(...visited), known = extents[leaf];
  if (!known || low < known[0] || high > known[1]) {
    const margin = Math.max(1, high - low);
    extents[leaf] = [low - margin, high + margin];
  }
  return spread(...extents[leaf], points);
}

function spread(low, high, points) {
  return [...Array(points).keys()].map((k) => low + (high - low) * k / (points - 1));
}

function pointsPerAxis(axes) {
  const most = axes === 1 ? 81 : 25;
  return Math.max(8, Math.min(most, Math.floor((EVALUATIONS / graph.nodes.length) ** (1 / axes))));
}

// The parameters of the axes: none for the curve and the plane, one, or two.
function chosenAxes() {
  const over = at("over").value, and = at("and").value;
  if (over === "" || over === "plane") return [];
  return (and === "" ? [over] : [over, and]).map(Number);
}

function drawPlot() {
  const [first, second] = chosenAxes(), isPlane = at("over").value === "plane";
  at("curve").toggleAttribute("hidden", first !== undefined || isPlane || !losses.length); // before the first step, room for the list of steps
  at("plot").toggleAttribute("hidden", first === undefined && !isPlane);
  at("and").hidden = first === undefined;
  if (isPlane) return drawPlane();
  if (first === undefined) return;
  const points = pointsPerAxis(second === undefined ? 1 : 2), xs = axisOf(first, points);
  const ys = second === undefined ? null : axisOf(second, points);
  const over = (x, y) => valueAt(new Map([[first, x], ...(ys ? [[second, y]] : [])]));
  plotted = { xs, ys, heights: (ys ?? [0]).map((y) => xs.map((x) => over(x, y))) };
  const trail = (trails.get(losses) ?? []).slice(0, losses.length), step = (i, k) => trail[k][offered.indexOf(i)];
  const path = sampled([...trail.keys()]).map((k) => ({ x: step(first, k), y: ys ? step(second, k) : losses[k] }));
  const here = { x: graph.nodes[first].data, y: ys ? graph.nodes[second].data : pass.data[graph.root] };
  nameAxes(graph.nodes[first].name, ys ? graph.nodes[second].name : lossName, ...(ys ? drawSurface : drawHeights)(path, here));
  const others = ys ? ` and ${graph.nodes[second].name} = ${number(here.y)}` : "";
  at("plot").setAttribute("aria-label", `${lossName} over ${graph.nodes[first].name}${ys ? ` and ${graph.nodes[second].name}` : ""}` +
    `, with the path of descent: now ${lossName} = ${number(pass.data[graph.root])} at ${graph.nodes[first].name} = ${number(here.x)}${others}`);
}

// ---- the plot

function scaled([low, high], from, to) {
  return (x) => (from + (to - from) * (x - low) / (high - low || 1)).toFixed(1);
}

function put(x, y, path, here, ...shapes) {
  const inside = ({ x: a, y: b }) => Number.isFinite(a) && Number.isFinite(b);
  const line = path.filter(inside).map((point) => `${x(point.x)},${y(point.y)}`).join(" ");
  const dot = inside(here) ? [drawn("circle", { class: "here", cx: x(here.x), cy: y(here.y), r: 4 })] : [];
  at("plot-shapes").replaceChildren(...shapes, drawn("polyline", { class: "path", points: line }), ...dot);
}

// Round numbers along an axis; none where its ends are not finite.
function ticksOf([low, high]) {
  const least = (high - low) / TICKS || 1, unit = 10 ** Math.floor(Math.log10(least)), step = [1, 2, 5, 10].find((k) => k * unit >= least) * unit;
  const first = Math.ceil(low / step), count = Math.floor(high / step) - first + 1;
  return [...Array(count || 0).keys()].map((k) => Number(((first + k) * step).toPrecision(12)));
}

// A tick with all its digits, by which 1234566.5 differs from the next.
function tickText(tick) {
  const text = number(tick);
  return Number(text.replace("−", "-")) === tick ? text : `${tick}`.replace("-", "−");
}

// Both axes: their numbers, and their names at the ends; a note stands above the plot. A number that a name, or the number
// before, leaves no room for is left out.
function nameAxes(across, up, x, y, [xs, ys], note = "") {
  const { left, right, top, bottom } = PLOT, label = (text, place, anchor) => drawn("text", { ...place, "text-anchor": anchor }, text);
  const named = label(across, { x: right, y: bottom + 14 }, "end");
  at("plot-marks").replaceChildren(named, label(up, { x: 2, y: top - 6 }, "start"), label(note, { x: right, y: top - 6 }, "end"));
  const free = right - named.getComputedTextLength() - 6;
  const numbers = [...ticksOf(xs).map((tick) => [tick, { x: x(tick), y: bottom + 14 }, "middle", `M${x(tick)},${bottom}v3`]),
                   ...ticksOf(ys).map((tick) => [tick, { x: left - 5, y: Number(y(tick)) + 4 }, "end", `M${left},${y(tick)}h-3`])];
  let taken = left - 16; // by the lowest number of the other axis
  for (const [tick, place, anchor, line] of numbers) {
    const text = label(tickText(tick), place, anchor), middle = Number(place.x);
    at("plot-marks").append(drawn("path", { d: line }), text);
    if (anchor === "end") continue;
    const half = text.getComputedTextLength() / 2;
    if (middle - half < taken || middle + half > free) text.remove();
    else taken = middle + half + 4;
  }
}

function drawHeights(path, here) {
  const { xs, heights: [row] } = plotted, finite = [...row, ...path.map((point) => point.y)].filter(Number.isFinite);
  const wide = [xs[0], xs.at(-1)], high = [Math.min(0, ...finite), Math.max(...finite, 1e-12)];
  const x = scaled(wide, PLOT.left, PLOT.right), y = scaled(high, PLOT.bottom, PLOT.top);
  const points = row.map((height, k) => (Number.isFinite(height) ? `${x(xs[k])},${y(height)}` : "")).join(" ");
  put(x, y, path, here, drawn("polyline", { class: "height", points }));
  return [x, y, [wide, high]];
}

// A surface in shades, each for as many cells: the bluer, the higher.
function drawSurface(path, here) {
  const sorted = plotted.heights.flat().filter(Number.isFinite).sort((a, b) => a - b);
  const rank = (height) => Math.floor(LEVELS * sorted.findIndex((other) => other >= height) / sorted.length) / LEVELS;
  const { x, y, ends, cells } = cellsOf((height) => ({ class: "shade", "fill-opacity": Number.isFinite(height) ? (0.06 + 0.7 * rank(height)).toFixed(2) : 0 }));
  put(x, y, path, here, ...cells, ...contours(sorted, x, y, [...path, here]));
  return [x, y, ends, "the bluer, the higher"];
}

// The scales, the ends of both axes, and a rectangle for each number, with the attributes that `look` gives it.
function cellsOf(look) {
  const { xs, ys, heights } = plotted, half = (axis) => (axis[1] - axis[0]) / 2, ends = [xs, ys].map((axis) => [axis[0] - half(axis), axis.at(-1) + half(axis)]);
  const x = scaled(ends[0], PLOT.left, PLOT.right), y = scaled(ends[1], PLOT.bottom, PLOT.top);
  const cells = heights.flatMap((row, j) => row.map((height, i) => drawn("rect", {
    x: x(xs[i] - half(xs)), y: y(ys[j] + half(ys)), width: (PLOT.right - PLOT.left) / xs.length,
    height: (PLOT.bottom - PLOT.top) / ys.length, ...look(height),
  })));
  return { x, y, ends, cells };
}

// The places where the heights are `level`: in each triangle of neighbouring cells' middles, a straight piece.
function crossings(level, x, y) {
  const { xs, ys, heights } = plotted, pieces = [];
  const between = ([i, j], [k, l]) => {
    const part = (level - heights[j][i]) / (heights[l][k] - heights[j][i]);
    return [x(xs[i] + part * (xs[k] - xs[i])), y(ys[j] + part * (ys[l] - ys[j]))].map(Number);
  };
  const isAbove = ([i, j]) => heights[j][i] > level;
  for (let j = 1; j < ys.length; j++) {
    for (let i = 1; i < xs.length; i++) {
      for (const corner of [[i, j - 1], [i - 1, j]]) {
        const triangle = [[i - 1, j - 1], corner, [i, j]];
        const crossed = triangle.map((a, k) => [a, triangle[(k + 1) % 3]]).filter(([a, b]) => isAbove(a) !== isAbove(b));
        if (crossed.length && triangle.every(([k, l]) => Number.isFinite(heights[l][k]))) pieces.push(crossed.map(([a, b]) => between(a, b)));
      }
    }
  }
  return pieces;
}

function contour(pieces) {
  return drawn("path", { class: "contour", d: pieces.map((ends) => `M${ends.join("L")}`).join("") });
}

// Contours at round heights, with about as many cells between any two; each number as far as can be from the others and the path.
function contours(sorted, x, y, path) {
  const levels = new Set([...Array(CONTOURS).keys()].map((k) => Number(sorted[Math.floor(sorted.length * (k + 0.5) / CONTOURS)].toPrecision(2))));
  const taken = path.map((point) => [x(point.x), y(point.y)].map(Number)), lines = [], numbers = [];
  const { left, right, top, bottom } = PLOT, isInside = ([a, b]) => a > left + 20 && a < right - 20 && b > top + 8 && b < bottom - 8;
  for (const level of levels) {
    const pieces = crossings(level, x, y), free = ([a, b]) => Math.min(1e9, ...taken.map(([c, d]) => Math.hypot((a - c) / 2, b - d)));
    lines.push(contour(pieces));
    const place = pieces.map(([end]) => end).filter(isInside).reduce((best, one) => (best && free(best) >= free(one) ? best : one), null);
    if (!place) continue;
    taken.push(place);
    numbers.push(drawn("text", { class: "level", x: place[0], y: place[1] + 3.5, "text-anchor": "middle" }, number(level)));
  }
  return [...lines, ...numbers];
}

at("over").options[0].text = `${lossName} over steps`;
at("over").append(...offered.map((i) => made("option", { value: i }, `${lossName} over ${graph.nodes[i].name}`)));
at("over").addEventListener("change", () => { // the second parameter is another one
  const { value } = at("and"), others = offered.filter((i) => at("over").value !== `${i}`);
  at("and").replaceChildren(at("and").options[0], ...others.map((i) => made("option", { value: i }, `and ${graph.nodes[i].name}`)));
  at("and").value = others.includes(Number(value)) ? value : "";
});
for (const id of ["over", "and"]) at(id).addEventListener("change", () => { extents = {}; drawPlot(); });
