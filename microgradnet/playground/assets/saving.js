// Of each kind the name and the content of a file, given the program and its graph, if there is one; without content, the
// name is the reason.
const NO_GRAPH = ["This program has no graph to save"];

export const fileOf = {
  page: (code, graph) => (graph ? ["graph.html", graph.page] : NO_GRAPH),
  picture: (code, graph) => {
    if (!graph) return NO_GRAPH;
    const picture = new DOMParser().parseFromString(graph.page, "text/html").querySelector(".view svg");
    return ["graph.svg", new XMLSerializer().serializeToString(picture)];
  },
  program: (code) => ["program.py", code],
  notebook: (code, graph) => {
    const cell = (id, source) => ({ cell_type: "code", execution_count: null, id, metadata: {}, outputs: [], source });
    const cells = [cell("program", code), ...(graph ? [cell("page", `from microgradnet import page\npage(${graph.shown})`)] : [])];
    const metadata = { kernelspec: { name: "python3", display_name: "Python 3", language: "python" }, language_info: { name: "python" } };
    return ["program.ipynb", JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1)];
  },
};

export function download(name, content) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob([content])), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
