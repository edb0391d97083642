// The socket to the stand-in. It comes back after a loss, and then loses no message.

const SOCKET = new URL("socket", document.currentScript.src.replace(/^http/, "ws"));
const RETRY_MS = 500;

class Link {
  #socket = null;
  #handlers;
  #welcome = null;
  #received = 0;
  #requests = new Map();
  #number = 0;
  #ended = false;
  #left = false;

  /** `handlers`: message(content), reconnecting(), reconnected(), ended(reason). */
  constructor(handlers) {
    this.#handlers = handlers;
  }

  /** Connect, and return the stand-in's first message. */
  connect(sessionId, token) {
    return new Promise((resolve, reject) => {
      const greeting = { type: "connect", sessionId, token };
      this.#open(greeting, (message) => {
        if (message.type === "refused") {
          this.#ended = true;
          reject(new OTError(message.error.name, message.error.message));
          return;
        }
        this.#welcome = message;
        resolve(message);
      });
      this.#socket.addEventListener("close", () => {
        if (this.#welcome !== null || this.#ended) return;
        this.#ended = true;
        reject(new OTError("OT_CONNECT_FAILED", "The stand-in cannot be reached."));
      });
    });
  }

  /** Ask for something, and return the answer. */
  request(type, fields) {
    if (this.#welcome === null || this.#ended) {
      return Promise.reject(new OTError("OT_NOT_CONNECTED", "The session is not connected."));
    }
    return new Promise((resolve, reject) => {
      const content = { type, request: ++this.#number, ...fields };
      this.#requests.set(content.request, { content, resolve, reject });
      this.#send(content);
    });
  }

  /** Leave. Without a network the page is told at once, and the stand-in once there is one. */
  async leave() {
    const asked = this.request("disconnect", {});
    if (this.#socket.readyState === WebSocket.OPEN) return await asked;
    asked.catch(() => {});
    this.#tell("ended", "clientDisconnected");
    this.#left = true;
  }

  #open(greeting, first) {
    const socket = new WebSocket(SOCKET);
    let greeted = false;
    this.#socket = socket;
    socket.addEventListener("open", () => socket.send(JSON.stringify(greeting)));
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(data);
      this.#received = message.number ?? this.#received;
      if (greeted) this.#take(message);
      else {
        greeted = true;
        first(message);
      }
    });
    socket.addEventListener("close", ({ code }) => {
      if (code === 1007 || code === 1009) this.#refuseAll();
      if (greeted && this.#socket === socket && !this.#ended) this.#lost();
    });
  }

  #take(message) {
    if (message.type === "answer") this.#settle(message);
    else if (message.type === "disconnected") this.#end(message.reason);
    else this.#tell("message", message);
  }

  /** The stand-in cannot read a request: none is to be sent again. */
  #refuseAll() {
    const refusal = new OTError("OT_INVALID_PARAMETER", "The request is too long, or no request.");
    for (const { reject } of this.#requests.values()) reject(refusal);
    this.#requests.clear();
  }

  #settle({ request, error, ...result }) {
    const asked = this.#requests.get(request);
    this.#requests.delete(request);
    if (error) asked?.reject(new OTError(error.name, error.message));
    else asked?.resolve(result);
  }

  /** A page that has left is told nothing more. */
  #tell(name, value) {
    if (!this.#left) this.#handlers[name](value);
  }

  #lost() {
    this.#tell("reconnecting");
    this.#resume(Date.now() + this.#welcome.graceSeconds * 1000);
  }

  #resume(until) {
    if (this.#ended) return;
    if (Date.now() > until) {
      this.#end("networkDisconnected");
      return;
    }
    const { connection, secret } = this.#welcome;
    const greeting = {
      type: "resume",
      connectionId: connection.connectionId,
      secret,
      received: this.#received,
    };
    let back = false;
    this.#open(greeting, (message) => {
      if (message.type === "refused") {
        this.#end("networkDisconnected");
        return;
      }
      back = true;
      this.#tell("reconnected");
      if (message.type !== "resumed") this.#take(message);
      for (const { content } of this.#requests.values()) this.#send(content);
    });
    this.#socket.addEventListener("close", () => {
      if (!back) setTimeout(() => this.#resume(until), RETRY_MS);
    });
  }

  #send(content) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(content));
  }

  #end(reason) {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.close();
    const gone = new OTError("OT_NOT_CONNECTED", "The session is not connected any more.");
    let left = reason;
    for (const { content, resolve, reject } of this.#requests.values()) {
      if (content.type === "disconnect") {
        left = "clientDisconnected"; // The user left while the network was away.
        resolve({});
      } else reject(gone);
    }
    this.#requests.clear();
    this.#tell("ended", left);
  }
}
