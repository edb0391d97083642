// The library's own functions.

const exceptions = new Emitter();

const OT = {
  standIn: "Local stand-in for OpenTok: no media leaves this machine.",
  Publisher,
  Session,
  Subscriber,
  initSession: (_apiKey, sessionId, options) => {
    allowOnly("initSession", options, []);
    return new Session(sessionId);
  },
  initPublisher: Object.assign(
    (target, properties = {}, callback = undefined) => {
      if (typeof properties === "function") return new Publisher(target, {}, properties);
      return new Publisher(target, properties, callback && ((error) => callback(error)));
    },
    {
      promise: async (target, properties = {}) => {
        const publisher = new Publisher(target, properties);
        await publisher.ready;
        return publisher;
      },
    },
  ),
  checkSystemRequirements: () => Number("RTCPeerConnection" in window),
  checkScreenSharingCapability: (callback) => {
    const supported = Boolean(navigator.mediaDevices?.getDisplayMedia);
    const answer = {
      supported,
      supportedSources: { screen: supported, window: supported, application: supported },
    };
    callback?.(answer);
    return Promise.resolve(answer);
  },
  getDevices: (callback) => settle(getDevices(), callback),
  getUserMedia: async (properties = {}) => {
    allowOnly("getUserMedia", properties, MEDIA_PROPERTIES);
    return await capture(properties);
  },
  hasEndToEndEncryptionSupport: () => false,
  hasMediaProcessorSupport: Object.assign(() => false, { promise: async () => false }),
  unblockAudio: async () => {
    await Promise.all([...playing].map((each) => each.unblock()));
  },
  log: (message) => console.log(message),
  setLogLevel: () => {},
  on: (...given) => exceptions.on(...given),
  once: (...given) => exceptions.once(...given),
  off: (...given) => exceptions.off(...given),
};

lacking("OT", OT, [
  "getActiveAudioOutputDevice",
  "getAudioOutputDevices",
  "getSupportedCodecs",
  "registerScreenSharingExtension",
  "reportIssue",
  "setAudioOutputDevice",
  "setProxyUrl",
  "upgradeSystemRequirements",
]);

window.OT = OT;
