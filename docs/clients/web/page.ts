// The page around the call. The bearer comes from your identity provider's sign-in; to try it
// here, paste what `make -s token USER=alice` prints.

import { Door } from "../roomkey";
import { Call } from "./call";

const join = element("join", HTMLFormElement);
const microphone = element("microphone", HTMLInputElement);
const controls = element("controls", HTMLElement);
let call: Call | null = null;
let joining = false;

join.addEventListener("submit", (event) => {
  event.preventDefault();
  if (joining) return; // A double click.
  joining = true;
  const given = new FormData(join);
  const field = (name: string) => String(given.get(name));
  const door = new Door(field("roomkey"), field("room"), async () => field("bearer"));
  call = new Call(door, screen, given.has("audioOnly"));
  void call.join().finally(() => {
    joining = false;
  });
});
element("say", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  call?.say(String(new FormData(form).get("text")));
  form.reset();
});
microphone.addEventListener("change", () => call?.setMicrophone(microphone.checked));
element("camera", HTMLElement).addEventListener("click", () => call?.switchCamera());
element("leave", HTMLElement).addEventListener("click", () => call?.leave());

const screen = {
  videos: element("videos", HTMLElement),
  tell: (text: string) => {
    element("told", HTMLElement).textContent = text;
  },
  chat: (from: string, text: string) => {
    const line = document.createElement("li");
    line.textContent = `${from}: ${text}`;
    element("chat", HTMLElement).append(line);
  },
  show: (state: { connected: boolean; microphone: boolean }) => {
    join.hidden = state.connected;
    controls.hidden = !state.connected;
    microphone.checked = state.microphone;
  },
};

function element<E extends HTMLElement>(id: string, kind: new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no #${id}.`);
  return found;
}
