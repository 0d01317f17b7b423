// A page in a frame of a notebook. The model's state and the page's are kept equal; its theme is the notebook's.

function render({ model, el }) {
  const frame = document.createElement("iframe");
  frame.title = model.get("title");
  frame.className = model.get("still"); // at which the image in its place hides
  frame.setAttribute("sandbox", "allow-scripts allow-downloads"); // to save a step or slides
  frame.style.cssText = "width: 100%; height: 40rem; border: 0; display: block";
  frame.srcdoc = model.get("page");

  let known = ""; // the state that the page has, as JSON
  const sendState = () => {
    const state = model.get("state"), text = JSON.stringify(state);
    if (text === known) return; // the page itself has changed it
    known = text;
    frame.contentWindow?.postMessage(state, "*");
  };
  const receive = ({ source, data }) => {
    if (source !== frame.contentWindow || !data) return;
    if (data.height) frame.style.height = `${Math.ceil(data.height)}px`;
    if (!data.numbers) return;
    known = JSON.stringify({ numbers: data.numbers });
    model.set("state", { numbers: data.numbers });
    model.save_changes(); // which waits for the kernel, and then sends the latest state
  };
  const dress = () => frame.contentWindow?.postMessage({ dark: isDark(el) }, "*");
  const dressSoon = () => { dress(); setTimeout(dress, 500); }; // a theme's style sheet may load after its name changed
  const watch = new MutationObserver(dressSoon);
  for (const element of [document.documentElement, document.body]) watch.observe(element, { attributes: true });
  const preference = matchMedia("(prefers-color-scheme: dark)");
  preference.addEventListener("change", dressSoon);
  frame.addEventListener("load", () => { // again when the notebook has moved the frame
    known = "";
    dressSoon();
    sendState();
    frame.contentWindow.postMessage({ end: true }, "*"); // both passes are done: every number is seen to move
  });
  addEventListener("message", receive);
  model.on("change:state", sendState);
  el.append(frame);
  requestAnimationFrame(() => { // when it stands in the notebook
    frame.style.height = `max(40rem, min(85vh, 60rem, ${room(el)}px))`;
  });
  return () => {
    removeEventListener("message", receive);
    model.off("change:state", sendState);
    preference.removeEventListener("change", dressSoon);
    watch.disconnect();
  };
}

// The height that a notebook shows of an output without scrolling, less what surrounds it.
function room(element) {
  const limits = around(element).map((one) => getComputedStyle(one).maxHeight).filter((limit) => limit.endsWith("px"));
  return Math.min(...limits.map(parseFloat), 9999) - 40;
}

const around = (element) => (element ? [element, ...around(element.parentElement ?? element.getRootNode().host)] : []);

// Whether the background behind an element is dark, whatever the notebook calls its themes.
function isDark(element) {
  const brush = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  for (const one of around(element)) {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = getComputedStyle(one).backgroundColor;
    brush.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = brush.getImageData(0, 0, 1, 1).data;
    if (alpha > 127) return 0.3 * red + 0.59 * green + 0.11 * blue < 128;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export default { render };
