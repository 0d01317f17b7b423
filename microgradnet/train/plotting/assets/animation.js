const { frames, epochs, milliseconds } = data;
const time = at("time"), play = at("play");
let running = !matchMedia("(prefers-reduced-motion: reduce)").matches, timer;

function show(k) {
  time.value = k;
  at("frame").src = `data:image/png;base64,${frames[k]}`;
  at("epoch").value = epochs[k];
  play.textContent = running ? "Pause" : "Play";
  clearTimeout(timer);
  const wait = milliseconds * (k + 1 < frames.length ? 1 : 10);
  if (running) timer = setTimeout(() => show((k + 1) % frames.length), wait);
}

time.oninput = () => { running = false; show(+time.value); };
play.onclick = () => { running = !running; show(+time.value); };
show(0);
