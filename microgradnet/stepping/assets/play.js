// Playing: one step at a time; in a long pass, all steps of a neuron, a layer or another box at once.

const MOST_PLAYED = 60; // moves of Play in each pass

function pause() {
  clearInterval(timer);
  timer = 0;
  at("play").textContent = "Play";
}

function play() {
  if (timer) return pause();
  if (position === timeline.length) position = wanted = 0;
  const next = () => {
    go(stops().find((stop) => stop > position) ?? timeline.length, position);
    if (position === timeline.length) pause();
  };
  at("play").textContent = "Pause";
  timer = setInterval(next, Number(at("speed").value));
  next();
}

// After how many steps Play stops: the ends of its moves in both passes.
function stops() {
  const forwardSteps = timeline.indexOf(SEED), middle = forwardSteps < 0 ? timeline.length : forwardSteps;
  return [...stopsBetween(0, middle), ...stopsBetween(middle, timeline.length)];
}

// After each step that this view shows if they are few; else where another box of this view begins, or of the next
// coarser view if these are too many; in the coarsest, several boxes at once.
function stopsBetween(from, to) {
  const each = [...Array(to - from).keys()].map((i) => from + i + 1), isDrawn = (count) => current.boxes[timeline[count - 1].node];
  const seen = each.filter((count) => count === to || isDrawn(count) || isDrawn(count + 1));
  if (seen.length <= MOST_PLAYED) return seen;
  const tried = [current, ...kinds.slice(kinds.indexOf(current.kind) + 1).map(layoutOf)].map(({ boxes }) => {
    const boxAfter = (count) => boxes[timeline[count].node];
    return each.filter((count) => count === to || boxAfter(count) !== boxAfter(count - 1));
  });
  const ends = tried.find((some) => some.length <= MOST_PLAYED) ?? tried.at(-1), stride = Math.ceil(ends.length / MOST_PLAYED);
  return ends.filter((end, i) => (i + 1) % stride === 0 || end === to);
}
