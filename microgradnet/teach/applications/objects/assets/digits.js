// Draw a digit: strokes → 32 × 32 pixels, fitted as the data set's are → 8 × 8 → hidden layer → probabilities.
const SIDE = 8, FINE = 32; // pixels
const INK = 0.305; // the part of an image that is ink: nearly the same for all digits of the data
const pad = at("pad").getContext("2d");
const fine = made("canvas", { width: FINE, height: FINE }).getContext("2d", { willReadFrequently: true });
let strokes = []; // of points {x, y}, in pixels of the pad
let samples = 0; // that were shown

const relu = (z) => Math.max(0, z);
const layer = (neurons, x) => neurons.map((w) => w.reduce((sum, wi, i) => sum + wi * (i < x.length ? x[i] : 1), 0));

function softmax(logits) {
  const most = Math.max(...logits), powers = logits.map((z) => Math.exp(z - most));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((p) => p / total);
}

function recognise(x) {
  return softmax(layer(data.layers[1], layer(data.layers[0], x).map(relu)));
}

// The strokes, drawn so that they fill a square of so many pixels.
function draw(context, size, width, place) {
  context.clearRect(0, 0, size, size);
  Object.assign(context, { lineWidth: width, lineCap: "round", lineJoin: "round", strokeStyle: "#000" });
  for (const stroke of strokes) {
    context.beginPath();
    stroke.map(place).forEach(({ x, y }) => context.lineTo(x, y));
    const end = place(stroke.at(-1));
    context.lineTo(end.x + 0.01, end.y); // a dot has a length, too
    context.stroke();
  }
}

// The 64 pixels: the strokes' box fills the image, and the pen is as wide as it takes for as much ink as in the data.
function fitted() {
  let [thin, thick] = [1, 14], x;
  for (let k = 0; k < 10; k++) {
    const pen = (thin + thick) / 2;
    x = inked(pen);
    if (x.reduce((a, b) => a + b) < INK * x.length) thin = pen;
    else thick = pen;
  }
  return x;
}

// The strokes' box is made as high as the image, or three quarters as wide if that is less; drawn with this pen.
function inked(pen) {
  const xs = strokes.flat().map((p) => p.x), ys = strokes.flat().map((p) => p.y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const room = FINE - pen, scale = Math.min(room / (bottom - top || 1), (0.75 * room) / (right - left || 1), 1);
  draw(fine, FINE, pen, ({ x, y }) => ({
    x: FINE / 2 + (x - (left + right) / 2) * scale,
    y: FINE / 2 + (y - (top + bottom) / 2) * scale,
  }));
  const ink = fine.getImageData(0, 0, FINE, FINE).data, block = FINE / SIDE;
  return Array.from({ length: SIDE * SIDE }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < block * block; k++) {
      const row = Math.floor(i / SIDE) * block + Math.floor(k / block), column = (i % SIDE) * block + (k % block);
      sum += ink[4 * (row * FINE + column) + 3] / 255;
    }
    return sum / (block * block);
  });
}

const grey = (ink) => `rgb(${Array(3).fill(Math.round(255 * (1 - ink))).join(" ")})`;

// The network's answer to an image; for a test digit, `truth`, whether it is right.
function show(x, truth) {
  const P = recognise(x), best = P.indexOf(Math.max(...P));
  at("seen").replaceChildren(...x.map((ink, i) => dressed(
    document.createElementNS("http://www.w3.org/2000/svg", "rect"),
    { x: i % SIDE, y: Math.floor(i / SIDE), width: 1.02, height: 1.02, fill: grey(ink) }, [])));
  [...at("classes").children].forEach((row, digit) => {
    row.classList.toggle("now", digit === best);
    row.children[1].style.width = `${100 * P[digit]}%`;
    row.children[2].textContent = `${(100 * P[digit]).toFixed(1)} %`;
  });
  const answer = `The network says ${best}, with probability ${(100 * P[best]).toFixed(1)} %`;
  const verdict = truth === undefined ? "" : `; it is a ${truth}: ${truth === best ? "right" : "wrong"}`;
  at("verdict").textContent = `${answer}${verdict}.`;
}

function clear() {
  strokes = [];
  const size = pad.canvas.width;
  draw(pad, size, 1, (p) => p);
  Object.assign(pad, { fillStyle: grey(0.54), font: `${size / 14}px system-ui, sans-serif`, textAlign: "center" });
  pad.fillText("draw here", size / 2, size / 2);
  at("seen").replaceChildren();
  for (const row of at("classes").children) {
    row.className = "";
    row.children[1].style.width = 0;
    row.children[2].textContent = "—";
  }
  at("verdict").textContent = "Nothing is drawn yet.";
}

function extend(event) {
  if (!event.buttons || !strokes.length) return;
  const box = pad.canvas.getBoundingClientRect(), scale = pad.canvas.width / box.width;
  strokes.at(-1).push({ x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale });
  draw(pad, pad.canvas.width, 26, (p) => p);
  show(fitted());
}

pad.canvas.addEventListener("pointerdown", (event) => {
  if (at("pad").dataset.sample) clear();
  delete at("pad").dataset.sample;
  pad.canvas.setPointerCapture(event.pointerId);
  strokes.push([]);
  extend(event);
});
pad.canvas.addEventListener("pointermove", extend);
at("clear").addEventListener("click", clear);
at("sample").addEventListener("click", () => {
  clear();
  at("pad").dataset.sample = "shown";
  const i = samples++ % data.samples.length;
  const block = pad.canvas.width / SIDE;
  data.samples[i].forEach((ink, k) => {
    pad.fillStyle = grey(ink);
    pad.fillRect((k % SIDE) * block, Math.floor(k / SIDE) * block, block, block);
  });
  show(data.samples[i], data.labels[i]);
});
for (let digit = 0; digit < 10; digit++) {
  at("classes").append(made("li", {}, made("span", {}, `${digit}`), made("span", {class: "share"}), made("output")));
}
clear();
