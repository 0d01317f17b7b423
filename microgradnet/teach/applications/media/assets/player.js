// Plays films: the frame that is shown follows the sound, or a clock where there is none.
const sound = at("sound");
const player = { film: data[0], time: 0, since: null }; // `since`: when the clock would have been at 0, in seconds

const now = () => performance.now() / 1000;
const length = () => player.film.frames.length / player.film.perSecond;
const playing = () => player.since !== null;

function show() {
  const { around, frames, perSecond } = player.film;
  const frame = Math.min(frames.length - 1, Math.floor(player.time * perSecond + 1e-6));
  const screen = at("screen");
  if (screen.dataset.frame !== `${frame}`) {
    screen.innerHTML = around + frames[frame];
    screen.dataset.frame = frame;
  }
  at("slider").value = frame;
  at("place").textContent = `${player.time.toFixed(1)} s`;
}

function tick() {
  if (!playing()) return;
  player.time = player.film.sound && !sound.ended ? sound.currentTime : now() - player.since;
  if (player.time >= length()) {
    player.time = length();
    stop();
  }
  show();
  requestAnimationFrame(tick);
}

function play() {
  if (player.time >= length() - 1 / player.film.perSecond - 1e-6) player.time = 0; // at the last frame
  player.since = now() - player.time;
  if (player.film.sound) {
    sound.currentTime = player.time;
    sound.play().catch(stop); // a browser may refuse to
  }
  label("❚❚ Pause");
  requestAnimationFrame(tick);
}

function stop() {
  player.since = null;
  sound.pause();
  label("▶ Play");
}

function label(text) {
  at("play").textContent = text;
  at("play").setAttribute("aria-label", text.slice(text.indexOf(" ") + 1));
}

function seek(time) {
  player.time = Math.max(0, Math.min(length(), time));
  if (playing()) {
    player.since = now() - player.time;
    if (player.film.sound) sound.currentTime = player.time;
  }
  show();
}

function choose(film) {
  stop();
  player.film = film;
  if (film.sound) sound.src = film.sound;
  at("slider").max = film.frames.length - 1;
  at("caption").textContent = film.caption;
  delete at("screen").dataset.frame;
  seek(0);
}

at("play").addEventListener("click", () => (playing() ? stop() : play()));
at("slider").addEventListener("input", () => seek(at("slider").valueAsNumber / player.film.perSecond));
at("film").addEventListener("change", () => choose(data[at("film").selectedIndex]));
document.addEventListener("keydown", (event) => {
  if (event.target.closest("select, input") || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = 1 / player.film.perSecond;
  const moves = { ArrowLeft: player.time - step, ArrowRight: player.time + step, Home: 0, End: length() };
  if (event.key in moves) seek(moves[event.key]);
  else if (event.key === " " && event.target.id !== "play") at("play").click();
  else return;
  event.preventDefault();
});

data.forEach((film) => at("film").append(made("option", {}, film.name)));
at("film").hidden = data.length < 2;
choose(player.film);
