// Events and errors, as OpenTok.js names them.

class OTError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

class OTEvent {
  #prevented = false;

  constructor(type, target, fields, cancelable) {
    this.type = type;
    this.target = target;
    this.cancelable = cancelable;
    Object.assign(this, fields);
  }

  preventDefault() {
    this.#prevented = this.cancelable;
  }

  isDefaultPrevented() {
    return this.#prevented;
  }
}

class Emitter {
  #handlers = [];

  /** Take a name, several names with spaces between, or an object of handlers by name. */
  on(names, handler, context) {
    this.#add(names, handler, context, false);
    return this;
  }

  once(names, handler, context) {
    this.#add(names, handler, context, true);
    return this;
  }

  off(names, handler, context) {
    if (typeof names === "object") {
      for (const [name, each] of Object.entries(names)) this.off(name, each, handler);
      return this;
    }
    const wanted = names?.split(" ");
    this.#handlers = this.#handlers.filter(
      (each) =>
        !(
          (wanted === undefined || wanted.includes(each.name)) &&
          (typeof handler !== "function" || each.handler === handler) &&
          (context === undefined || each.context === context)
        ),
    );
    return this;
  }

  /** Call the handlers of this name, then the default action unless a handler prevents it. */
  emit(name, fields = {}, defaultAction = null) {
    const event = new OTEvent(name, this, fields, defaultAction !== null);
    for (const each of [...this.#handlers]) {
      if (each.name !== name || !this.#handlers.includes(each)) continue;
      if (each.once) this.#handlers.splice(this.#handlers.indexOf(each), 1);
      try {
        each.handler.call(each.context ?? this, event);
      } catch (error) {
        reportError(error); // One handler's failure is the page's, and stops no other handler.
      }
    }
    if (!event.isDefaultPrevented()) defaultAction?.();
    return event;
  }

  has(name) {
    return this.#handlers.some((each) => each.name === name);
  }

  #add(names, handler, context, once) {
    if (typeof names === "object") {
      for (const [name, each] of Object.entries(names)) this.#add(name, each, handler, once);
      return;
    }
    for (const name of names.split(" ")) this.#handlers.push({ name, handler, context, once });
  }
}

/** Give a class methods that say that they are missing here. */
function lacking(title, target, names) {
  for (const name of names) {
    const say = () => {
      throw missing(`${title}.${name}`);
    };
    target[name] = Object.assign(say, { promise: say });
  }
}

/**
 * Throw if a page asks for what is not offered here.
 * `offered` lists the names that are; `asked` may have others if they ask for nothing.
 */
function allowOnly(title, asked, offered) {
  for (const [name, value] of Object.entries(asked ?? {})) {
    if (!offered.includes(name) && !asksForNothing(name, value)) throw missing(`${title}'s ${name}`);
  }
}

const WITHOUT_EFFECT = {
  preferredResolution: "auto",
  preferredVideoCodecs: "automatic",
  videoContentHint: "",
};

function asksForNothing(name, value) {
  if (value === undefined || value === null || value === false) return true;
  if (typeof value === "object") {
    return Object.entries(value).every(([each, part]) => asksForNothing(each, part));
  }
  return WITHOUT_EFFECT[name] === value;
}

function missing(what) {
  return new Error(`The local stand-in for OpenTok.js does not have ${what}.`);
}

/** Settle a promise for a caller that passed a callback; one that passed none gets the promise. */
function settle(promise, callback) {
  if (callback) promise.then((value) => callback(undefined, value), callback);
  else promise.catch(() => {});
  return promise;
}

/** An id that no other page makes. `crypto.randomUUID` is missing on pages without TLS. */
function newId() {
  return [...crypto.getRandomValues(new Uint8Array(12))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
