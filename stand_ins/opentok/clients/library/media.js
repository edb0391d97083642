// Cameras, microphones and screens of this device.

const ACCESS_ERRORS = {
  NotAllowedError: ["OT_USER_MEDIA_ACCESS_DENIED", "The user or the browser refused access."],
  NotFoundError: ["OT_NO_DEVICES_FOUND", "There is no such camera or microphone."],
  NotReadableError: ["OT_HARDWARE_UNAVAILABLE", "Another program uses the camera or microphone."],
  OverconstrainedError: ["OT_CONSTRAINTS_NOT_SATISFIED", "No device satisfies the constraints."],
};

const MEDIA_PROPERTIES = [
  "audioSource",
  "autoGainControl",
  "disableAudioProcessing",
  "echoCancellation",
  "facingMode",
  "frameRate",
  "noiseSuppression",
  "resolution",
  "videoSource",
];

function accessError(error) {
  if (error instanceof OTError) return error;
  const [name, message] = ACCESS_ERRORS[error.name] ?? ["OT_UNABLE_TO_CAPTURE_MEDIA", error.message];
  return new OTError(name, message);
}

async function capture(properties) {
  const { videoSource, audioSource } = properties;
  if (!navigator.mediaDevices) {
    throw new OTError("OT_UNSUPPORTED_BROWSER", "This page has no access to devices without TLS.");
  }
  try {
    if (videoSource === "screen" || videoSource === "window" || videoSource === "application") {
      return await captureScreen(properties);
    }
    const tracks = [videoSource, audioSource].filter((each) => each instanceof MediaStreamTrack);
    const video = wantsDevice(videoSource) && videoConstraints(properties);
    const audio = wantsDevice(audioSource) && audioConstraints(properties);
    const stream =
      video || audio
        ? await navigator.mediaDevices.getUserMedia({ video, audio })
        : new MediaStream();
    for (const track of tracks) stream.addTrack(track);
    return stream;
  } catch (error) {
    throw accessError(error);
  }
}

async function captureScreen({ audioSource, frameRate, resolution }) {
  const { width, height } = sizeOf(resolution);
  const video = { width, height, frameRate: frameRate && { max: frameRate } };
  const stream = await navigator.mediaDevices.getDisplayMedia({ video });
  if (audioSource instanceof MediaStreamTrack) stream.addTrack(audioSource);
  return stream;
}

function sizeOf(resolution) {
  if (!resolution) return {};
  const [width, height] = resolution.split("x").map(Number);
  return { width: { ideal: width }, height: { ideal: height } };
}

function wantsDevice(source) {
  return source !== null && source !== false && !(source instanceof MediaStreamTrack);
}

function videoConstraints({ videoSource, resolution = "640x480", frameRate, facingMode }) {
  return {
    ...sizeOf(resolution),
    ...(frameRate ? { frameRate: { ideal: frameRate } } : {}),
    ...(facingMode ? { facingMode: { ideal: facingMode } } : {}),
    ...(typeof videoSource === "string" ? { deviceId: { exact: videoSource } } : {}),
  };
}

function audioConstraints(properties) {
  const { audioSource, disableAudioProcessing } = properties;
  const processed = (name) => properties[name] ?? !disableAudioProcessing;
  return {
    echoCancellation: processed("echoCancellation"),
    noiseSuppression: processed("noiseSuppression"),
    autoGainControl: processed("autoGainControl"),
    ...(typeof audioSource === "string" ? { deviceId: { exact: audioSource } } : {}),
  };
}

async function getDevices() {
  const kinds = { audioinput: "audioInput", videoinput: "videoInput" };
  const found = await navigator.mediaDevices.enumerateDevices();
  return found
    .filter(({ kind }) => kind in kinds)
    .map(({ kind, deviceId, label }) => ({ kind: kinds[kind], deviceId, label }));
}

/** Report the level of a sound, from 0 to 1, five times a second, until it ends. */
function watchLevel(level, report) {
  let watching = true;
  const timer = setInterval(async () => {
    const heard = await level();
    if (watching) report(heard);
  }, 200);
  return () => {
    watching = false;
    clearInterval(timer);
  };
}

/** A function that returns the level of a track of this device, and one that frees it. */
function levelOf(track) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  const samples = new Float32Array(analyser.fftSize);
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  return {
    level: () => {
      analyser.getFloatTimeDomainData(samples);
      return Math.min(1, Math.max(...samples.map(Math.abs)));
    },
    free: () => void context.close(),
  };
}
