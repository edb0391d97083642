// A call in React Native: from Roomkey's admission to seeing and hearing the others.

import {
  OTPublisher,
  OTSession,
  OTSubscriber,
  type OTSessionEventHandlers,
  type OTSessionInstance,
} from "opentok-react-native";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Button, ScrollView, Switch, Text, TextInput, View } from "react-native";

import { Refusal, nameIn, sentence, localTime, type Admission, type Door } from "./roomkey";
import { listen } from "./nativeEvents";

export function Call({ door, audioOnly }: { door: Door; audioOnly: boolean }) {
  const [admission, setAdmission] = useState<Admission | null>(null);
  const [told, tell] = useState("");
  const [chat, setChat] = useState<string[]>([]);
  const [microphone, setMicrophone] = useState(true);
  const [camera, setCamera] = useState<"front" | "back">("front");
  const [text, setText] = useState("");
  const session = useRef<OTSessionInstance>(null);
  const ownStream = useRef<string | null>(null);
  const renewed = useRef(false);

  const enter = useCallback(async () => {
    tell("Joining …");
    try {
      setAdmission(await door.admission((wait) => tell(sentence(wait, "Asking again."))));
    } catch (error) {
      tell(error instanceof Refusal ? sentence(error) : "The call failed.");
    }
  }, [door]);

  useEffect(() => () => door.leave(), [door]); // Who waits to be let in waits no longer.

  const join = () => {
    door.forget(); // If Roomkey no longer lets the user in, it says why.
    renewed.current = false;
    void enter();
  };

  const muted = useCallback(() => {
    setMicrophone(false);
    tell("A moderator has muted you.");
  }, []);

  useEffect(
    () =>
      listen({
        disconnected: () => {
          setAdmission(null); // By a moderator or for want of a network: no client is told which.
          tell("You are no longer in the room.");
        },
        failed: (tokenRefused, error) => {
          console.warn("Roomkey: the call failed:", error);
          setAdmission(null);
          tell("The call failed.");
          if (!tokenRefused || renewed.current) return;
          renewed.current = true; // The token has expired, or the room has another session.
          door.forget();
          void enter();
        },
        audioStopped: (streamId) => {
          if (microphone && streamId === ownStream.current) muted();
        },
      }),
    [door, enter, microphone, muted],
  );

  // OTSession keeps the handlers that it was made with.
  const sessionHandlers = useMemo<OTSessionEventHandlers>(() => {
    const names = new Map<string, string>();
    return {
      sessionConnected: ({ connection }) => {
        names.set(connection.connectionId, nameIn(connection.data));
        renewed.current = false;
        tell("You are in.");
      },
      sessionReconnecting: () => tell("The connection is lost. Wait …"),
      sessionReconnected: () => tell("You are in again."),
      connectionCreated: ({ connectionId, data }) => names.set(connectionId, nameIn(data)),
      signal: ({ type, data, connectionId }) => {
        if (type === "chat") {
          const from = connectionId ? (names.get(connectionId) ?? "Somebody") : "Moderator";
          setChat((lines) => [...lines, `${from}: ${data}`]);
        }
        // Only the server's signals come from nobody.
        if (type === "roomkey-closing" && !connectionId) {
          tell(`This room closes at ${localTime(JSON.parse(data).closesAt)}.`);
        }
      },
    };
  }, []);

  const say = () => {
    session.current?.signal({ type: "chat", data: text });
    setText("");
  };

  if (admission === null) {
    return (
      <View>
        <Text>{told}</Text>
        <Button title="Join" onPress={join} />
      </View>
    );
  }
  return (
    <ScrollView keyboardShouldPersistTaps="handled">
      <Text>{told}</Text>
      <OTSession
        key={admission.token}
        style={{ flexDirection: "column" }} // Not the default `flex: 1`: the screen scrolls.
        ref={session}
        apiKey={admission.apiKey}
        sessionId={admission.sessionId}
        token={admission.token}
        eventHandlers={sessionHandlers}
      >
        {admission.role !== "subscriber" && (
          <OTPublisher
            style={{ width: 120, height: 160 }}
            properties={{
              publishAudio: microphone,
              publishVideo: !audioOnly,
              videoTrack: !audioOnly,
              cameraPosition: camera,
            }}
            eventHandlers={{
              streamCreated: ({ streamId }) => {
                ownStream.current = streamId;
              },
              muteForced: muted,
              error: (error) => {
                console.warn("Roomkey: not published:", error);
                tell("Please allow this app to use your camera and microphone.");
              },
            }}
          />
        )}
        {admission.role !== "publisheronly" && (
          <OTSubscriber
            style={{ width: "100%", height: 240 }}
            properties={{ subscribeToVideo: !audioOnly }}
          />
        )}
      </OTSession>
      <Switch value={microphone} onValueChange={setMicrophone} />
      <Button
        title="Switch camera"
        onPress={() => setCamera(camera === "front" ? "back" : "front")}
      />
      <TextInput value={text} onChangeText={setText} onSubmitEditing={say} />
      {chat.map((line, index) => (
        <Text key={index}>{line}</Text>
      ))}
      <Button title="Leave" onPress={() => setAdmission(null)} />
    </ScrollView>
  );
}
