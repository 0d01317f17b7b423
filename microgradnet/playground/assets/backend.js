// What runs programs: Python in this browser, in a worker, or a server on this machine. Both answer `runner.run`.
const SECONDS = 10; // a program's time in the browser; the server has a limit of its own

const failed = (message) => ({ output: "", error: { line: 0, message }, values: [], shown: "", page: "", note: "", numbers: {} });

// One request at a time; of those that wait, the latest.
class InBrowser {
  constructor() {
    this.begin();
  }

  begin() {
    this.worker = new Worker("worker.js", { type: "module" });
    this.answers = new Map();
    this.count = 0;
    this.worker.onmessage = ({ data: { id, answer } }) => {
      this.answers.get(id)?.(answer);
      this.answers.delete(id);
    };
    this.worker.onerror = ({ message }) => this.end(`Python could not be started: ${message}`);
    this.started = this.ask({});
  }

  ask(request) {
    return new Promise((resolve) => {
      const id = this.count++;
      this.answers.set(id, resolve);
      this.worker.postMessage({ id, request });
    });
  }

  end(message) {
    this.worker.terminate();
    for (const resolve of this.answers.values()) resolve(failed(message));
    this.begin();
  }

  stop() {
    this.end("the program was stopped");
  }

  async names() {
    return this.started;
  }

  async run(request) {
    await this.started;
    const limit = setTimeout(() => this.end(`the program was stopped after ${SECONDS} s: does a loop of it end?`), 1000 * SECONDS);
    const answer = await this.ask(request);
    clearTimeout(limit);
    return answer;
  }
}

class OnServer {
  async post(request) {
    this.aborted = new AbortController();
    const sent = await fetch("run", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(request), signal: this.aborted.signal,
    });
    if (!sent.ok) throw new Error(`the server answered ${sent.status}`);
    return sent.json();
  }

  async names() {
    return this.post({});
  }

  async run(request) {
    try {
      return await this.post(request);
    } catch (error) {
      return failed(error.name === "AbortError" ? "the program was stopped" : `the playground's server does not answer: ${error.message}`);
    }
  }

  stop() {
    this.aborted?.abort();
  }
}

export const backend = document.querySelector("meta[name=backend]").content === "local" ? new OnServer() : new InBrowser();
