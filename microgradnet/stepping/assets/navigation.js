// Moving about in the picture: zooming, dragging, pinching, following the current step, finding a value, the small map.

const ZOOMS = { least: 0.15, most: 6, opened: 2, presented: 4 };
const MAP = { width: 150, height: 96, part: 0.3, inset: 14 }; // at most: in CSS pixels, and of the pane's width
const CORNERS = [{ right: 1, bottom: 1 }, { left: 1, bottom: 1 }, { right: 1, top: 1 }, { left: 1, top: 1 }];
const NAMES_SUGGESTED = 2000;

function fitting(view = current) {
  const pane = at("pane");
  return Math.min(presenting() ? ZOOMS.presented : ZOOMS.opened, (pane.clientWidth - 8) / view.width, (pane.clientHeight - 8) / view.height);
}

// Show the picture at this scale; the point of the window that is given, or the middle of the pane, stays in place.
function zoom(scale, point) {
  const pane = at("pane"), box = pane.getBoundingClientRect();
  const { x, y } = point ?? { x: box.left + pane.clientWidth / 2, y: box.top + pane.clientHeight / 2 };
  const before = current.svg.getBoundingClientRect();
  current.zoom = Math.max(ZOOMS.least, Math.min(ZOOMS.most, scale));
  current.svg.style.width = `${current.width * current.zoom}px`;
  current.svg.style.height = `${current.height * current.zoom}px`;
  const after = current.svg.getBoundingClientRect();
  const along = (from, length, place) => after[from] - place + (place - before[from]) * (after[length] / (before[length] || 1));
  pane.scrollBy({ left: along("left", "width", x), top: along("top", "height", y), behavior: "instant" });
  drawMap();
}

// A scale that a person chose stays when the window changes.
function zoomTo(scale, point) {
  current.isChosen = true;
  zoom(scale, point);
}

function fit() {
  current.isChosen = false;
  zoom(fitting());
}

// Near this top, that at which the pane cuts through the fewest boxes, fewer of those that are followed, and above all not
// through the first of them.
function uncut(wanted, followed) {
  const pane = at("pane"), height = pane.clientHeight, origin = pane.getBoundingClientRect().top - pane.scrollTop;
  const boxes = [...new Set([...followed, ...current.boxes])].filter(Boolean).map((box) => {
    const { top, bottom } = box.getBoundingClientRect();
    return { top: top - origin, bottom: bottom - origin, weight: current.boxes.length ** (followed.includes(box) + (box === followed[0])) };
  });
  const cost = (from) => boxes.reduce((sum, { top, bottom, weight }) => {
    const isOut = bottom <= from || top >= from + height, isIn = top >= from && bottom <= from + height;
    return sum + weight * (weight > 1 ? !isIn : !isIn && !isOut);
  }, 0);
  const most = pane.scrollHeight - height, first = Math.max(0, Math.min(most, wanted));
  const tops = boxes.flatMap(({ top, bottom }) => [top - 2, bottom + 2, top - height - 2, bottom - height + 2]).filter((top) => top >= 0 && top <= most);
  const near = [first, ...tops.sort((a, b) => Math.abs(a - first) - Math.abs(b - first))];
  return near.reduce((a, b) => (cost(b) < cost(a) ? b : a));
}

// Scroll until all boxes are in view; where there is no room for all, the first box and as much as fits of the others.
function follow(boxes, behavior = "smooth") {
  const place = placeInView(at("pane"), boxes);
  if (place && current.kind !== "operations") place.top = uncut(place.top, boxes);
  if (place) at("pane").scrollTo({ ...place, behavior: still.matches || !position ? "instant" : behavior });
}

// ---- the wheel with Ctrl, and two fingers

at("pane").addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  zoomTo(current.zoom * (event.deltaY < 0 ? 1.15 : 1 / 1.15), { x: event.clientX, y: event.clientY });
}, { passive: false });

let pinched = null; // the fingers' distance and the zoom when the second finger came
const between = ([a, b]) => ({ apart: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY),
                               middle: { x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2 } });
at("pane").addEventListener("touchstart", (event) => {
  const { touches } = event;
  pinched = touches.length === 2 ? { apart: between(touches).apart, zoom: current.zoom } : null;
  if (pinched) event.preventDefault(); // else the browser scrolls as well
}, { passive: false });
at("pane").addEventListener("touchmove", (event) => {
  if (!pinched || event.touches.length !== 2) return;
  event.preventDefault();
  held = null;
  const { apart, middle } = between(event.touches);
  zoomTo(pinched.zoom * apart / pinched.apart, middle);
}, { passive: false });

// ---- finding a value by its name

const plain = (name) => name.normalize("NFKC").toLowerCase().replace(/[()\s]/g, "");
const named = graph.nodes.map(({ name, label = "", constant }) => (constant ? [] : [plain(name), plain(label)].filter(Boolean)));

// The values of that name; if there are none, those whose name begins with it, or contains it.
function valuesCalled(text) {
  const word = plain(text), those = (test) => [...named.keys()].filter((i) => named[i].some(test));
  const tests = [(name) => name === word, (name) => name.startsWith(word), (name) => name.includes(word)];
  return word ? tests.map(those).find((some) => some.length) ?? [] : [];
}

let lookedAt = { text: "", index: 0 }; // pressing Enter again goes to the next value
function find() {
  const text = at("find").value, values = valuesCalled(text);
  forget();
  at("found").textContent = text.trim() && `No value is called ${text.trim()}`;
  if (!values.length) return;
  lookedAt = { text, index: lookedAt.text === text ? (lookedAt.index + 1) % values.length : 0 };
  const i = values[lookedAt.index], box = current.boxes[i];
  box?.classList.add("found");
  follow([box]);
  drawMap();
  const which = values.length > 1 ? ` (${lookedAt.index + 1} of ${values.length})` : "";
  at("found").textContent = `${graph.nodes[i].name}${which}: ${number(pass.data[i])}${box ? "" : ", without a box in this view"}`;
}

function forget() {
  for (const old of document.querySelectorAll(".found")) old.classList.remove("found");
  at("found").textContent = "";
}

at("find").addEventListener("input", forget);
at("find").addEventListener("keydown", (event) => {
  if (event.key === "Enter") find();
  if (event.key === "Escape") {
    at("find").value = "";
    forget();
    at("pane").focus();
  }
});
const suggested = [...new Set(graph.nodes.filter((node) => !node.constant).map((node) => node.name))].slice(0, NAMES_SUGGESTED);
at("names").append(...suggested.map((name) => made("option", { value: name })));

// ---- the map: all boxes, and what of them is in the window

function drawMap() {
  const pane = at("pane"), map = at("map"), { width, height, zoom: scale } = current;
  const isLarger = pane.scrollWidth > pane.clientWidth + 2 || pane.scrollHeight > pane.clientHeight + 2;
  map.toggleAttribute("hidden", !isLarger);
  showOutcome(isLarger);
  if (!isLarger) return;
  const size = Math.min(Math.min(MAP.width, MAP.part * pane.clientWidth) / width, MAP.height / height);
  dressed(map, { viewBox: `0 0 ${width} ${height}`, width: width * size, height: height * size }, []);
  const placed = (boxes) => [...boxes].map((box) => ({ box, place: placeOf(box) }));
  current.map ??= placed(current.svg.querySelectorAll(".node:not([visibility])"));
  current.captions = placed(current.svg.querySelectorAll("[id$=graph0] > text"));
  const seen = { x: pane.scrollLeft / scale, y: pane.scrollTop / scale, width: pane.clientWidth / scale, height: pane.clientHeight / scale };
  const kind = ({ classList }) => ["found", "now"].find((one) => classList.contains(one)) ?? "";
  map.replaceChildren(...current.map.map(({ box, place }) => drawn("rect", { ...place, class: kind(box) })),
                      drawn("rect", { ...seen, class: "seen" }));
  corner = CORNERS.reduce((a, b) => (coveredIn(b, map) < coveredIn(a, map) ? b : a), corner);
  for (const side of ["left", "right", "top", "bottom"]) map.style[side] = corner[side] ? `${MAP.inset}px` : "auto";
  map.toggleAttribute("hidden", coveredIn(corner, map) >= (presenting() ? 1 : MATTERS));
}

// The result in words is seen where its box is not in the window.
function showOutcome(isLarger) {
  const pane = at("pane").getBoundingClientRect(), box = isLarger && current.boxes[graph.root]?.getBoundingClientRect();
  at("outcome").hidden = !box || (box.left >= pane.left && box.right <= pane.right && box.top >= pane.top && box.bottom <= pane.bottom);
}

// How much the map would cover in a corner of the pane: boxes, local derivatives and the caption, above all those that
// matter. It moves only where it covers less. It hides rather than cover one that matters, or, presenting, any.
const MATTERS = 100;
let corner = CORNERS[0];
function coveredIn({ left, top }, map) {
  const pane = at("pane"), window = pane.getBoundingClientRect(), picture = current.svg.getBoundingClientRect(), { width, height } = map.getBoundingClientRect();
  const x = left ? MAP.inset : pane.clientWidth - MAP.inset - width, y = top ? MAP.inset : pane.clientHeight - MAP.inset - height;
  const [from, to] = [[x, y], [x + width, y + height]].map(([a, b]) => [
    (window.left + a - picture.left) / current.zoom, (window.top + b - picture.top) / current.zoom]);
  const pills = (current.pills ?? []).filter(({ spot }) => spot).map(({ pill, spot }) => ({ box: pill, place: spot.extent }));
  const covered = [...current.map, ...pills, ...current.captions].filter(({ place }) => place.x < to[0] && place.x + place.width > from[0] && place.y < to[1] && place.y + place.height > from[1]);
  const matters = ({ box }) => box === current.boxes[graph.root] || box.matches(".now, .partner, .found, .current");
  return covered.reduce((sum, one) => sum + (matters(one) ? MATTERS : 1), 0);
}

// A box's place in the picture, in its units.
function placeOf(box) {
  const { left, top } = current.svg.getBoundingClientRect(), at = box.getBoundingClientRect(), scale = current.zoom;
  return { x: (at.left - left) / scale, y: (at.top - top) / scale, width: at.width / scale, height: at.height / scale };
}

function goOnMap(event) {
  if (!(event.buttons & 1)) return;
  const { left, top, width, height } = at("map").getBoundingClientRect(), pane = at("pane");
  const along = (place, from, length, whole, window) => (place - from) / length * whole * current.zoom - window / 2;
  pane.scrollTo({ left: along(event.clientX, left, width, current.width, pane.clientWidth),
                  top: along(event.clientY, top, height, current.height, pane.clientHeight), behavior: "instant" });
}
for (const kind of ["pointerdown", "pointermove"]) at("map").addEventListener(kind, goOnMap);
at("pane").addEventListener("scroll", drawMap, { passive: true });

// The stage ends at the window's edge however many lines the header has.
const header = document.querySelector("header");
new ResizeObserver(() => {
  if (presenting()) return;
  document.documentElement.style.setProperty("--header", `${header.offsetHeight}px`);
  resized();
}).observe(header);

const resized = () => (current.isChosen && !presenting() ? render() : fitAgain());
addEventListener("resize", resized);
