// Python in a worker: Pyodide runs the programs, Graphviz lays their graphs out. A program may come from a stranger, in
// an address. So the worker has the policy of the page that begins it, which asks its own origin alone, and nothing that
// would outlast it, nor, once it has begun, that asks.
import { loadPyodide } from "./pyodide.mjs";
import { instance } from "./viz.js";

const tell = (stage) => self.postMessage({ stage });
const file = (name) => new URL(name, import.meta.url).href;
const started = (async () => {
  tell("Starting Python…");
  const [python, graphviz, packages] = await Promise.all([
    loadPyodide({ indexURL: file("./") }), instance(), fetch(file("packages.zip")).then((answer) => answer.arrayBuffer()),
  ]);
  const without = (one, names) => {
    for (let at = one; at; at = Object.getPrototypeOf(at)) for (const name of names) delete at[name];
  };
  without(self, ["caches", "indexedDB", "Worker", "BroadcastChannel", "fetch", "XMLHttpRequest", "WebSocket", "EventSource"]);
  without(navigator, ["storage"]);
  self.layOut = (dot, nslimit) => graphviz.renderString(dot, { format: "svg", graphAttributes: { nslimit } });
  tell("Loading microgradnet…");
  python.unpackArchive(packages, "zip", { extractDir: "/packages" });
  const answer = python.runPython(`
import sys
sys.path.insert(0, "/packages")
from microgradnet.playground.in_browser import begin
begin()`);
  tell("Running…");
  return answer;
})();

self.onmessage = async ({ data: { id, request } }) => {
  const heard = (printed) => self.postMessage({ id, printed });
  try {
    const answer = await started;
    self.postMessage({ id, answer: JSON.parse(answer(JSON.stringify(request), heard)) });
  } catch (error) { // Python is lost
    self.postMessage({ broken: error instanceof RangeError ? "the graph, or a function that calls itself, is too deep for Python in the browser" : `Python in the browser has failed: ${error?.message ?? error}` });
  }
};
self.postMessage({ isLoaded: true });
