// The divider between the program and its graph, whose place the browser keeps.
import { store, stored } from "./storage.js";

const at = (id) => document.getElementById(id);
const DIVIDER = "microgradnet divider", LEAST = 20, MOST = 80, USUAL = 40; // percent
function divide(percent) {
  const share = Math.min(MOST, Math.max(LEAST, Math.round(Number(percent) || USUAL)));
  document.querySelector("main").style.setProperty("--share", `${share}%`);
  at("divider").ariaValueNow = share;
  store(DIVIDER, share);
}

// While it is dragged, the frame of the page gets no events: they are the divider's.
at("divider").addEventListener("pointerdown", (event) => {
  event.preventDefault();
  at("divider").focus();
  at("divider").setPointerCapture(event.pointerId);
  at("graph").style.pointerEvents = "none";
});
at("divider").addEventListener("lostpointercapture", () => { at("graph").style.pointerEvents = ""; });
at("divider").addEventListener("pointermove", (event) => {
  if (at("divider").hasPointerCapture(event.pointerId)) divide(100 * event.clientX / innerWidth);
});
at("divider").addEventListener("dblclick", () => divide(USUAL));
at("divider").addEventListener("keydown", (event) => {
  const now = Number(at("divider").ariaValueNow);
  const to = { ArrowLeft: now - 2, ArrowRight: now + 2, Home: LEAST, End: MOST }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  divide(to);
});
divide(stored(DIVIDER));
