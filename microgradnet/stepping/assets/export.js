// Saving: the picture of this step as SVG, and the whole pass as slides, one HTML file that prints a step on each page.

const MOST_SLIDES = 300; // of a longer pass, evenly spaced steps, and its last
const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-weight", "text-anchor"];
const FIRST = "First every result is computed, operation by operation; then every gradient, back from the result."; // of the first slide
const LINE = 24, SIZE = 14; // of the text below the picture, in its units
const LINES = 3; // at least, so that the picture has one size in all slides
const SLIDES = `
  body { margin: 0; scroll-snap-type: y mandatory; font: 16px system-ui, sans-serif; }
  section { height: 100vh; box-sizing: border-box; padding: 2vmin; scroll-snap-align: start; break-after: page; }
  section:last-child { break-after: auto; }
  svg { width: 100%; height: 100%; }
  @page { size: landscape; margin: 1cm; }`;

// The picture as it is seen, with colours as attributes: any program reads it, without this page's style.
function stepAsSvg() {
  const { svg, width, height } = current, copy = svg.cloneNode(true), own = [...svg.querySelectorAll("*")];
  [...copy.querySelectorAll("*")].forEach((part, i) => {
    for (const name of ["class", "tabindex", "role", "aria-label", "style"]) part.removeAttribute(name);
    if (!part.matches("path, polygon, polyline, ellipse, rect, text")) return;
    const style = getComputedStyle(own[i]);
    for (const name of KEPT) if (style[name] && style[name] !== "none") part.setAttribute(name, style[name]);
  });
  for (const part of copy.querySelectorAll("style, [visibility=hidden]")) part.remove();
  for (const part of copy.querySelectorAll("tspan")) part.replaceWith(part.textContent); // not every program places one
  const [heading, text] = position ? [at("phase"), at("equation")].map((part) => part.textContent) : [document.title, FIRST];
  const lines = [heading, ...wrapped(text, (width - 28) / (0.62 * SIZE))];
  const texts = lines.map((line, i) => drawn("text", {
    x: 14, y: height + LINE * (i + 1), fill: getComputedStyle(at("equation")).color, "font-size": SIZE,
  }, line));
  const whole = { width, height: height + (Math.max(LINES, lines.length) + 0.5) * LINE }, paper = drawn("rect", { ...whole, fill: getComputedStyle(at("pane")).backgroundColor });
  copy.querySelector(".graph, g")?.remove(); // the card of the drawing
  copy.prepend(paper);
  copy.append(...texts);
  dressed(copy, { viewBox: `0 0 ${whole.width} ${whole.height}`, ...whole, role: "img", "font-family": "monospace", "aria-label": text }, []);
  copy.removeAttribute("style");
  return new XMLSerializer().serializeToString(copy);
}

// The lines of a text, each of so many characters at most where its words allow it.
function wrapped(text, most) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length <= most || !lines.at(-1)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function passAsSlides() {
  span = 1;
  const here = position, slides = [];
  for (position of sampled([...Array(timeline.length + 1).keys()], MOST_SLIDES)) {
    render(false);
    slides.push(`<section>${stepAsSvg()}</section>`);
  }
  position = here;
  render(false);
  const title = made("title", {}, document.title).outerHTML;
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; ` +
         `style-src 'unsafe-inline'">${title}<style>${SLIDES}</style></head>\n<body>\n${slides.join("\n")}\n</body></html>\n`;
}

const exports = {
  step: () => (render(false), [stepAsSvg(), "image/svg+xml", `step-${position}.svg`]),
  slides: () => [passAsSlides(), "text/html", "slides.html"],
};
at("save").addEventListener("change", () => {
  forget();
  const [text, type, name] = exports[at("save").value]();
  at("save").value = "";
  download(name, text, type);
});
