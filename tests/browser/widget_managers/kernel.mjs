// A Python kernel of the Jupyter server that this page comes from, and `run`, which runs a cell in it.

import { KernelAPI, KernelConnection, ServerConnection } from "@jupyterlab/services";

const serverSettings = ServerConnection.makeSettings({ baseUrl: `${location.origin}/` });
const model = await KernelAPI.startNew({ name: "python3" }, serverSettings);
export const kernel = new KernelConnection({ model, serverSettings });

// Makes `run(code)`: the text that a cell prints. Its HTML and its widgets are put into an element of their own, the
// latter by `show(view, element)`, for the view as the kernel displays it.
export function showing(show) {
  window.run = async (code) => {
    const output = document.body.appendChild(document.createElement("div"));
    const shown = [];
    let printed = "";
    const cell = kernel.requestExecute({ code });
    cell.onIOPub = ({ content }) => {
      const { "text/html": html, "application/vnd.jupyter.widget-view+json": view } = content.data ?? {};
      const element = output.appendChild(document.createElement("div"));
      if (html) element.innerHTML = html;
      if (view) shown.push(show(view, element));
      printed += content.text ?? content.traceback?.join("\n") ?? "";
    };
    await cell.done;
    await Promise.all(shown);
    return printed;
  };
}
