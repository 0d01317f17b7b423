// Presenting: the picture, the equation in large type, and the steps, in full screen where that is allowed.

const presenting = () => document.body.classList.contains("presenting");

function present(wanted = !presenting()) {
  if (wanted === presenting()) return;
  document.body.classList.toggle("presenting", wanted);
  at("present").textContent = wanted ? "Leave" : "Present";
  at(wanted ? "play" : "present").focus(); // so that the space bar plays
  if (wanted && document.fullscreenEnabled) document.documentElement.requestFullscreen().catch(() => {}); // a large page will do
  if (!wanted && document.fullscreenElement) document.exitFullscreen();
  fitAgain();
}

function fitAgain() {
  for (const view of Object.values(views)) view.isChosen = false;
  show(current.kind);
}

addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) present(false); });
