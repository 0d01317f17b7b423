// What runs programs: Python in this browser, in a worker, or a server on this machine. Both answer `runner.run`.
const SECONDS = 10; // a program's time in the browser; the server has a limit of its own
const GRACE = 4; // more, for the page of what it had computed then
const MOMENT = 1000; // milliseconds

const NOTHING = { error: null, values: [], shown: "", page: "", note: "", leaves: [] };
const STOPPED = { ...NOTHING, isStopped: true }; // by the reader
const failed = (message) => ({ ...NOTHING, error: { line: 0, message } });

// A worker of a blob has the policy of this page; one of a file would have none.
const WORKER = URL.createObjectURL(new Blob([`import ${JSON.stringify(new URL("worker.js", import.meta.url))};`], { type: "text/javascript" }));

// Python in a worker, which answers one request after another until it is ended.
class Python {
  constructor() {
    const worker = this.worker = new Worker(WORKER, { type: "module" });
    this.asked = new Map();
    this.count = 0;
    this.tell = () => {}; // gets the stages of its start
    this.stage = "Loading Python…";
    const isLoaded = new Promise((resolve) => { this.loaded = resolve; }); // messages before that would be lost
    this.post = (message) => isLoaded.then(() => worker.postMessage(message));
    worker.onmessage = ({ data: { id, printed, answer, stage, isLoaded, broken } }) => {
      if (isLoaded) return this.loaded();
      if (stage) return this.tell(this.stage = stage);
      if (broken) return this.end(failed(broken));
      if (printed !== undefined) return this.asked.get(id)?.heard(printed);
      this.asked.get(id)?.resolve(answer);
      this.asked.delete(id);
    };
    worker.onerror = ({ message }) => this.end(failed(`Python could not be started: ${message}`));
    this.started = this.ask({}); // its names
  }

  ask(request, heard) {
    return new Promise((resolve) => {
      const id = ++this.count;
      this.asked.set(id, { resolve, heard });
      this.post({ id, request });
    });
  }

  end(answer) {
    this.isEnded = true;
    this.worker.terminate();
    for (const { resolve } of this.asked.values()) resolve(answer);
  }
}

// A program that runs for longer than a moment has a spare Python beside it. The program after it does not wait for its
// end: it is run by the Python that is free first.
class InBrowser {
  python = new Python();
  turn = 0;

  spare() {
    if (!this.next || this.next.isEnded) this.next = new Python();
    return this.next;
  }

  replace() {
    this.python = this.spare();
    this.next = null;
  }

  stop() {
    this.python.end(STOPPED);
  }

  async names() {
    const names = await this.python.started;
    return Array.isArray(names) ? names : [];
  }

  // One program at a time; of those that wait, the latest: the others get null. `heard` gets what it prints, and `told`
  // what happens before it runs.
  async run(request, heard, told) {
    const turn = ++this.turn;
    if (this.busy) {
      told("Stopping the program before…");
      await Promise.race([this.busy, this.relief]);
      if (turn !== this.turn) return null;
      if (this.busy) this.python.end(STOPPED);
    }
    if (this.python.isEnded) this.replace();
    const { python } = this;
    python.tell = told;
    told(python.stage);
    const began = await python.started;
    if (turn !== this.turn) return null;
    if (!Array.isArray(began)) return began;
    const late = `the program, or the drawing of its graph, was stopped after ${SECONDS + GRACE} s. Does each loop end, and does nothing wait, as sleep does? Some graphs of a few hundred values are too large to draw: choose a smaller one, such as one sample's loss`;
    const limit = setTimeout(() => python.end(failed(late)), 1000 * (SECONDS + GRACE));
    const busy = this.busy = python.ask({ ...request, seconds: SECONDS }, heard);
    let spare; // one that does not start relieves nothing
    this.relief = new Promise((resolve) => {
      spare = setTimeout(async () => { if (Array.isArray(await this.spare().started)) resolve(); }, MOMENT);
    });
    const answer = await busy;
    clearTimeout(limit);
    clearTimeout(spare);
    if (this.busy === busy) this.busy = null;
    if (python.isEnded && python === this.python) this.replace();
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

  async run(request, heard, told) {
    this.stop(); // an earlier program
    told("Running…");
    this.aborted = new AbortController();
    try {
      return await this.post(request, heard, this.aborted.signal);
    } catch (error) {
      return error.name === "AbortError" ? STOPPED : failed(`the playground's server does not answer (${error.message}): start it again, and open the address that it prints`);
    }
  }

  stop() {
    this.aborted?.abort();
  }
}

export const isLocal = document.querySelector("meta[name=backend]").content === "local";
export const backend = isLocal ? new OnServer() : new InBrowser();
