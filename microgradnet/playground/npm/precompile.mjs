// `node precompile.mjs FOLDER`: starts Python on the archives of a static playground, and compiles what that needed.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { instance } from "@viz-js/viz";
import { loadPyodide } from "pyodide";

process.on("uncaughtException", ({ message }) => { // without the line of Pyodide, which is all of it
  console.error(message);
  process.exitCode = 1;
});
const [python, graphviz] = await Promise.all([loadPyodide(), instance()]);
globalThis.layOut = (dot) => graphviz.renderString(dot, { format: "svg" });
python.FS.mkdirTree("/site");
python.FS.mount(python.FS.filesystems.NODEFS, { root: resolve(process.argv[2]) }, "/site");
python.unpackArchive(new Uint8Array(readFileSync(resolve(process.argv[2], "packages.zip"))), "zip", { extractDir: "/packages" });
await python.runPythonAsync(`
import sys
from pathlib import Path
sys.path.insert(0, "/packages")
from microgradnet.playground.precompile import precompile
from microgradnet.playground.runner import run
from microgradnet.playground.in_browser import begin
run("from microgradnet import Value\\ny = Value(2.0) * 3")
library = next(path for path in sys.path if path.endswith(".zip"))
precompile(Path("/site/python_stdlib.zip"), library, False)
precompile(Path("/site/packages.zip"), "/packages", True)`);
