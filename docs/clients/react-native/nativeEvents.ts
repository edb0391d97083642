// What opentok-react-native 2.33.0 tells natively, but not its `eventHandlers`: for a session's end
// nobody listens there, and the others are dropped for lack of a session id.

import type {
  SessionDisconnectEvent,
  SessionErrorEvent,
  StreamPropertyChangedEvent,
} from "opentok-react-native";
import { TurboModuleRegistry, type EventSubscription, type TurboModule } from "react-native";

type Tell<Event> = (handler: (event: Event) => void) => EventSubscription;

interface OpentokModule extends TurboModule {
  readonly onSessionDisconnected: Tell<SessionDisconnectEvent>;
  readonly onSessionError: Tell<SessionErrorEvent>;
  readonly onStreamPropertyChanged: Tell<StreamPropertyChangedEvent>;
}

const opentok = TurboModuleRegistry.getEnforcing<OpentokModule>("OpentokReactNative");

/** Android names the error, iOS numbers it (OTAuthorizationFailure in OTError.h). */
const TOKEN_REFUSED = ["AuthorizationFailure", "1004"];

export interface Handlers {
  disconnected(): void;
  failed(tokenRefused: boolean, error: SessionErrorEvent): void;
  audioStopped(streamId: string): void;
}

/** Listen until the function given back is called. */
export function listen(handlers: Handlers): () => void {
  const subscriptions = [
    opentok.onSessionDisconnected(() => handlers.disconnected()),
    opentok.onSessionError((error) =>
      handlers.failed(TOKEN_REFUSED.includes(String(error.code)), error),
    ),
    opentok.onStreamPropertyChanged(({ changedProperty, newValue, stream }) => {
      if (changedProperty === "hasAudio" && newValue === false) {
        handlers.audioStopped(stream.streamId);
      }
    }),
  ];
  return () => subscriptions.forEach((each) => each.remove());
}
