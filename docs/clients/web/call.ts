// A call in a browser: from Roomkey's admission to seeing and hearing the others.

import OT from "@opentok/client";

import { Door, Refusal, nameIn, sentence, localTime, type Admission } from "../roomkey";

/** What a call shows. */
export interface Screen {
  videos: HTMLElement;
  tell(text: string): void;
  chat(from: string, text: string): void;
  show(state: { connected: boolean; microphone: boolean }): void;
}

export class Call {
  private session: OT.Session | null = null;
  private publisher: OT.Publisher | null = null;
  private microphone = true;

  constructor(
    private readonly door: Door,
    private readonly screen: Screen,
    private readonly audioOnly: boolean,
  ) {}

  async join(): Promise<void> {
    this.screen.tell("Joining …");
    try {
      await this.connect(await this.door.admission());
    } catch (error) {
      this.screen.tell(error instanceof Refusal ? sentence(error) : "The call failed.");
    }
  }

  leave(): void {
    void this.session?.disconnect();
  }

  say(text: string): void {
    void this.session?.signal({ type: "chat", data: text });
  }

  switchCamera(): void {
    void this.publisher?.cycleVideo();
  }

  setMicrophone(on: boolean): void {
    this.publisher?.publishAudio(on);
    this.showMicrophone(on);
  }

  private async connect(admission: Admission, renew = true): Promise<void> {
    const session = OT.initSession(admission.apiKey, admission.sessionId);
    this.watch(session, admission);
    try {
      await connected(session, admission.token);
    } catch (error) {
      if (!renew || nameOf(error) !== "OT_AUTHENTICATION_ERROR") throw error;
      this.door.forget(); // The token has expired, or the session behind the room is another.
      return this.connect(await this.door.admission(), false);
    }
    this.session = session;
    if (admission.role !== "subscriber") this.publish(session);
    this.screen.tell("You are in.");
    this.showMicrophone(this.microphone);
  }

  private publish(session: OT.Session): void {
    const publisher = OT.initPublisher(
      this.screen.videos,
      {
        insertMode: "append",
        publishAudio: this.microphone, // Who was muted before the network failed stays so.
        ...(this.audioOnly ? { videoSource: null } : {}),
      },
      (error) => {
        if (error) this.screen.tell("Please allow this page to use your camera and microphone.");
      },
    );
    publisher.on("muteForced", () => {
      this.showMicrophone(false);
      this.screen.tell("A moderator has muted you.");
    });
    session.publish(publisher, (error) => {
      if (error) this.screen.tell("The others cannot see or hear you.");
    });
    this.publisher = publisher;
  }

  private watch(session: OT.Session, admission: Admission): void {
    session.on("streamCreated", ({ stream }) => {
      if (admission.role !== "publisheronly") this.subscribe(session, stream);
    });
    session.on("sessionReconnecting", () => this.screen.tell("The connection is lost. Wait …"));
    session.on("sessionReconnected", () => this.screen.tell("You are in again."));
    session.on("sessionDisconnected", ({ reason }) => this.disconnected(reason));
    session.on("signal:chat", ({ data, from }) => {
      this.screen.chat(from ? nameIn(from.data) : "Moderator", data ?? "");
    });
    session.on("signal:roomkey-closing", ({ data, from }) => {
      if (from) return; // Only the server's signals come from nobody.
      const { closesAt } = JSON.parse(data ?? "{}");
      this.screen.tell(`This room closes at ${localTime(closesAt)}.`);
    });
  }

  private subscribe(session: OT.Session, stream: OT.Stream): void {
    session.subscribe(
      stream,
      this.screen.videos,
      { insertMode: "append", subscribeToVideo: !this.audioOnly },
      (error) => {
        if (error) this.screen.tell(`${nameIn(stream.connection.data)} cannot be seen or heard.`);
      },
    );
  }

  private disconnected(reason: string): void {
    this.session = null;
    this.publisher = null;
    this.screen.show({ connected: false, microphone: this.microphone });
    if (reason === "networkDisconnected") void this.join();
    else if (reason === "forceDisconnected") this.screen.tell("You were taken out of the room.");
    else this.screen.tell("You have left.");
  }

  private showMicrophone(on: boolean): void {
    this.microphone = on;
    this.screen.show({ connected: this.session !== null, microphone: on });
  }
}

function connected(session: OT.Session, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    session.connect(token, (error) => (error ? reject(error) : resolve()));
  });
}

function nameOf(error: unknown): string {
  return error instanceof Object && "name" in error ? String(error.name) : "";
}
