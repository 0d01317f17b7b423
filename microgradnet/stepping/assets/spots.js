// Where a pill may stand on its arrow, in every page that shows local derivatives.

const SPOT = { arrows: 40, // at most, for a pill on each: of more no one sees which is whose
               apart: 1, // at least, from another arrow: nearer, its arrow is in doubt
               clear: 2, // at least, from a box: nearer, it touches the box's border
               alone: 3, // as far from another arrow, no one doubts whose it is
               aside: [0, -0.45, 0.45], // of its width and height: its middle from the line, which it touches
               stops: 48, // of an arrow, at which a pill may stand
               between: 3 }; // so far from each other, at most, are the points of the others

const meet = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const around = ({ x, y, width, height }, by) => ({ x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by });

// The points of each arrow's line, near enough to each other that none is missed under a pill.
function linesOf(arrows) {
  return new Map([...new Set(arrows)].map((arrow) => [arrow, pointsOf(arrow)]));
}

function pointsOf(arrow, count = 0) {
  const line = arrow.querySelector("path"), length = line.getTotalLength(), last = count ? count - 1 : Math.ceil(length / SPOT.between);
  return [...Array(last + 1).keys()].map((i) => {
    const { x, y } = line.getPointAtLength(length * i / last);
    return { x, y };
  });
}

// The places along an arrow for a pill of this size: {x, y} of its middle, and how far `away` other arrows are. The best come
// first: farthest from others; of those that are alike, on the line and nearest to its middle.
function onArrow(arrow, width, height, lines) {
  const own = pointsOf(arrow, SPOT.stops), others = [...lines].flatMap(([other, points]) => (other === arrow ? [] : points));
  const asides = SPOT.aside.flatMap((across) => SPOT.aside.map((down) => ({ across, down, off: Math.abs(across) + Math.abs(down) })));
  const spots = own.flatMap((point, i) => asides.map(({ across, down, off }) => {
    const x = point.x + across * width, y = point.y + down * height;
    const away = others.reduce((least, other) => Math.min(least, Math.max(Math.abs(other.x - x) - width / 2, Math.abs(other.y - y) - height / 2)), SPOT.alone);
    return { x, y, width, off, away, along: Math.abs(i - (own.length - 1) / 2) };
  }));
  return spots.sort((a, b) => b.away - a.away || a.off - b.off || a.along - b.along);
}
