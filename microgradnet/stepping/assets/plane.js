// The decision boundary: the output over a plane of two inputs, and the samples of a data set.

const PLANE_MARGIN = 0.15; // around the samples, of their extent
const MARKS = [
  (x, y) => drawn("circle", { cx: x, cy: y, r: 3.5 }), (x, y) => drawn("rect", { x: x - 3, y: y - 3, width: 6, height: 6 }),
]; // one for each class

function drawPlane() {
  const { inputs, output, samples, border } = graph.plane, points = pointsPerAxis(2);
  const [xs, ys] = [0, 1].map((axis) => {
    const numbers = samples.map((sample) => sample[axis]), low = Math.min(...numbers), high = Math.max(...numbers);
    const margin = PLANE_MARGIN * (high - low) || 1;
    return spread(low - margin, high + margin, points);
  });
  const outputAt = (x, y) => valueAt(new Map([[inputs[0], x], [inputs[1], y]]), output);
  plotted = { xs, ys, heights: ys.map((y) => xs.map((x) => outputAt(x, y))) };
  const far = Math.max(...plotted.heights.flat().filter(Number.isFinite).map((height) => Math.abs(height - border))) || 1;
  const look = (height) => ({ class: `class-${Number(height > border)}`, "fill-opacity": (0.1 + 0.4 * Math.abs(height - border) / far).toFixed(2) });
  const { x, y, ends, cells } = cellsOf(look);
  const right = samples.filter(([a, b, side]) => (outputAt(a, b) > border) === Boolean(side)).length;
  const marks = samples.map(([a, b, side]) => dressed(MARKS[Number(Boolean(side))](Number(x(a)), Number(y(b))), { class: `sample class-${Number(Boolean(side))}` }, []));
  put(x, y, [], {}, ...cells, contour(crossings(border, x, y)), ...marks);
  const [across, up] = inputs.map((i) => graph.nodes[i].name);
  nameAxes(across, up, x, y, ends, `${right} of ${samples.length} right`);
  at("plot").setAttribute("aria-label", `${graph.nodes[output].name} over ${across} and ${up}, ` +
    `the boundary at ${number(border)}: ${right} of ${samples.length} samples lie on their side`);
}

if (graph.plane) {
  at("over").append(made("option", { value: "plane" }, "decision boundary"));
  at("over").value = "plane";
}
