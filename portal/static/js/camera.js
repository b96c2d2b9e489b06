// A camera that reads QR codes (摄像头识码): the browser's own detector where there is one, else zxing-wasm.

const WIDEST = 1280;
const PAUSE = 120;

export class Camera {
  #video;
  #found;
  #stream = null;
  #canvas = document.createElement("canvas");
  #read = null;

  constructor(video, found) {
    this.#video = video;
    this.#found = found;
  }

  get running() {
    return this.#stream !== null;
  }

  /** Rejects with the browser's own error name when there is no camera or no permission. */
  async start() {
    this.#stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: "environment", width: { ideal: WIDEST }, height: { ideal: 960 } },
    });
    this.#video.srcObject = this.#stream;
    await this.#video.play();
    this.#read ??= await reader();
    this.#loop();
  }

  stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
  }

  async #loop() {
    while (this.running) {
      const text = document.hidden ? null : await this.#look();
      if (text && this.running) this.#found(text);
      await new Promise((done) => setTimeout(done, PAUSE));
    }
  }

  async #look() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (!width) return null;
    const scale = Math.min(1, WIDEST / width);
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    const context = this.#canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(this.#video, 0, 0, this.#canvas.width, this.#canvas.height);
    try {
      return await this.#read(this.#canvas, context);
    } catch {
      return null; // one bad frame; the next comes in a moment
    }
  }
}

/** One function that gives the text of a QR code in a canvas, or null. */
export async function reader() {
  if ("BarcodeDetector" in globalThis && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (canvas) => (await detector.detect(canvas))[0]?.rawValue ?? null;
  }
  const zxing = await import("../vendor/zxing-wasm-3.1.4/reader/index.js");
  const wasm = new URL("../vendor/zxing-wasm-3.1.4/reader/zxing_reader.wasm", import.meta.url).href;
  await zxing.prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
  return async (canvas, context) => {
    const image = context.getImageData(0, 0, canvas.width, canvas.height);
    const [first] = await zxing.readBarcodes(image, { formats: ["QRCode"], maxNumberOfSymbols: 1, tryHarder: true });
    return first?.isValid === false ? null : (first?.text ?? null);
  };
}
