// What runs programs: Python in this browser, in a worker, or a server on this machine. Both answer `runner.run`.
const SECONDS = 10; // a program's time in the browser; the server has a limit of its own
const GRACE = 4; // more, for the page of what it had computed then

const failed = (message) => ({ error: { line: 0, message }, values: [], shown: "", page: "", note: "", leaves: [] });

// A worker of a blob has the policy of this page; one of a file would have none.
const WORKER = URL.createObjectURL(new Blob([`import ${JSON.stringify(new URL("worker.js", import.meta.url))};`], { type: "text/javascript" }));

class InBrowser {
  constructor() {
    this.begin();
  }

  begin() {
    const worker = this.worker = new Worker(WORKER, { type: "module" });
    this.asked = new Map();
    this.count = 0;
    const isLoaded = new Promise((resolve) => { this.loaded = resolve; }); // messages before that would be lost
    this.post = (message) => isLoaded.then(() => worker.postMessage(message));
    worker.onmessage = ({ data: { id, printed, answer, isLoaded, broken } }) => {
      if (isLoaded) return this.loaded();
      if (broken) return this.end(broken, this.isReady);
      if (printed !== undefined) return this.asked.get(id)?.heard(printed);
      this.asked.get(id)?.resolve(answer);
      this.asked.delete(id);
    };
    worker.onerror = ({ message }) => this.end(`Python could not be started: ${message}`, false);
    this.isReady = false;
    this.started = this.ask({}).then((names) => {
      this.isReady = !names.error;
      return names;
    });
  }

  ask(request, heard) {
    return new Promise((resolve) => {
      const id = this.count++;
      this.asked.set(id, { resolve, heard });
      this.post({ id, request });
    });
  }

  // Python begins anew at once, or where it could not begin, with the next program.
  end(message, isAnew = true) {
    this.worker?.terminate();
    for (const { resolve } of this.asked.values()) resolve(failed(message));
    this.worker = null;
    if (isAnew) this.begin();
  }

  stop() {
    this.end("the program was stopped");
  }

  async names() {
    const names = await this.started;
    return names.error ? [] : names;
  }

  // One program at a time; of those that wait, the latest: the others get null.
  async run(request, heard) {
    const turn = this.turn = (this.turn ?? 0) + 1;
    while (this.busy) await this.busy;
    if (!this.worker) this.begin();
    const began = await this.started;
    if (turn !== this.turn) return null;
    if (began.error) return began;
    const late = `the program, or the drawing of its graph, was stopped after ${SECONDS + GRACE} s. Does each loop end? Some graphs of a few hundred values are too large to draw: choose a smaller one, such as one sample's loss`;
    const limit = setTimeout(() => this.end(late), 1000 * (SECONDS + GRACE));
    this.busy = this.ask({ ...request, seconds: SECONDS }, heard);
    const answer = await this.busy;
    this.busy = null;
    clearTimeout(limit);
    return answer;
  }
}

class OnServer {
  // The last line of the answer; `heard` gets the texts before it.
  async post(request, heard, signal) {
    const sent = await fetch("run", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(request), signal,
    });
    if (!sent.ok) throw new Error(`the server answered ${sent.status}`);
    const reader = sent.body.pipeThrough(new TextDecoderStream()).getReader();
    let answer = null, rest = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (line.startsWith("{") || line.startsWith("[")) answer = JSON.parse(line);
        else if (line.endsWith('"')) heard(JSON.parse(line)); // a line of a program that was stopped may be cut off
      }
    }
    return answer;
  }

  async names() {
    return this.post({});
  }

  async run(request, heard) {
    this.stop(); // an earlier program
    this.aborted = new AbortController();
    try {
      return await this.post(request, heard, this.aborted.signal);
    } catch (error) {
      return failed(error.name === "AbortError" ? "the program was stopped" : `the playground's server does not answer (${error.message}): start it again, and open the address that it prints`);
    }
  }

  stop() {
    this.aborted?.abort();
  }
}

export const isLocal = document.querySelector("meta[name=backend]").content === "local";
export const backend = isLocal ? new OnServer() : new InBrowser();
