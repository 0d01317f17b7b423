// The page starts.

at("eta").value = graph.eta;
if (!parameters.length) {
  for (const id of ["learn", "run"]) {
    at(id).disabled = true;
    at(id).title = "This graph has no parameters: make weights with parameter(0.15, \"w\")";
  }
}
at("loss-name").textContent = lossName;
clearStep();
listNumbers();
listProgram();
compute();
showLeaves();
show(legible());
drawPlot();
addEventListener("beforeprint", () => render(false)); // nothing on its way
