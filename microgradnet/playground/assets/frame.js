// The frame of the graph's page. Each page has a frame of its own: one after another in the same frame would be places to
// which the browser's Back leads.
const graph = document.getElementById("graph");

// Show a page. The one before is seen until it is there; then `loaded` is called.
export function put(page, loaded) {
  graph.ariaBusy = true;
  while (graph.children.length > 1) graph.lastElementChild.remove(); // one that is not there yet
  const next = graph.firstElementChild.cloneNode();
  next.srcdoc = page;
  next.addEventListener("load", () => {
    graph.firstElementChild.remove();
    graph.ariaBusy = false;
    loaded();
  });
  graph.append(next);
}

export function post(message) {
  graph.firstElementChild.contentWindow.postMessage(message, "*");
}

// Whether a message is from the page that is shown.
export const shows = (source) => source === graph.firstElementChild.contentWindow;
