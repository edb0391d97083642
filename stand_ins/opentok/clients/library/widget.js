// The element of a publisher or subscriber: a box with a video and, if wanted, a name.

const WIDGET_PROPERTIES = ["fitMode", "height", "insertDefaultUI", "insertMode", "width"];
const SIZE = { width: 264, height: 198 };

class Widget {
  constructor(kind, target, properties) {
    const { insertDefaultUI = true, width, height, fitMode = "cover" } = properties;
    this.video = document.createElement("video");
    this.video.autoplay = true;
    this.video.playsInline = true;
    this.video.className = "OT_video-element";
    Object.assign(this.video.style, { width: "100%", height: "100%", objectFit: fitMode });
    this.element = null;
    if (!insertDefaultUI) return;
    this.element = place(target, properties.insertMode ?? "replace");
    this.element.id ||= `OT_${newId()}`;
    this.element.classList.add("OT_root", `OT_${kind}`);
    Object.assign(this.element.style, {
      position: "relative",
      overflow: "hidden",
      width: length(width ?? SIZE.width),
      height: length(height ?? SIZE.height),
    });
    this.element.append(this.video);
  }

  name(text) {
    if (this.element === null || !text) return;
    const shown = document.createElement("h1");
    shown.className = "OT_name";
    shown.textContent = text;
    Object.assign(shown.style, {
      position: "absolute",
      inset: "0 0 auto 0",
      margin: "0",
      padding: "4px 8px",
      font: "14px system-ui, sans-serif",
      color: "#fff",
      background: "rgba(0, 0, 0, 0.4)",
    });
    this.element.append(shown);
  }

  mirror() {
    this.video.style.transform = "scaleX(-1)";
  }

  play(stream) {
    this.video.srcObject = stream;
    return this.video.play();
  }

  remove() {
    this.video.srcObject = null;
    this.element?.remove();
  }

  /** A picture of what is shown, as base64 of a PNG, or null if there is none. */
  picture() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width) return null;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
  }
}

function place(target, mode) {
  const found = typeof target === "string" ? document.getElementById(target) : target;
  if (!found) {
    const added = document.createElement("div");
    document.body.append(added);
    return added;
  }
  if (mode === "replace") {
    found.replaceChildren();
    return found;
  }
  const added = document.createElement("div");
  if (mode === "append") found.append(added);
  else if (mode === "before") found.before(added);
  else found.after(added);
  return added;
}

function length(value) {
  return typeof value === "number" ? `${value}px` : value;
}
