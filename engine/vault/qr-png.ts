// A QR code (ISO/IEC 18004) as a 1-bit greyscale PNG: small, sharp, and made without a canvas.
import { crc32, deflateSync } from "node:zlib";
import { encodeQR } from "qr";

/** Light border in modules (ISO/IEC 18004 section 9.1 asks for 4). */
const QUIET_ZONE = 4;
/** Pixels a module: 5 shows an otpauth URI at about 265 pixels. */
const SCALE = 5;
/** Version 40 with medium error correction holds 2331 bytes. */
const MAX_BYTES = 2331;

/** PNG bytes of the QR code of `text` (UTF-8, medium error correction). Throws RangeError for text that does not fit. */
export function renderQrPng(text: string): Uint8Array {
  if (text.length > MAX_BYTES || Buffer.byteLength(text) > MAX_BYTES) throw new RangeError("the text is too long for a QR code");
  const modules = encodeQR(text, "raw", { ecc: "medium", border: QUIET_ZONE });
  const side = modules.length * SCALE;
  const stride = 1 + Math.ceil(side / 8);
  const pixels = new Uint8Array(stride * side);
  modules.forEach((row, y) => {
    const line = new Uint8Array(stride); // byte 0: filter "none" (PNG section 9.2)
    for (let x = 0; x < side; x++) {
      const dark = row[Math.floor(x / SCALE)] === true;
      if (!dark) line[1 + (x >> 3)] = (line[1 + (x >> 3)] ?? 0) | (0x80 >> (x & 7));
    }
    for (let copy = 0; copy < SCALE; copy++) pixels.set(line, (y * SCALE + copy) * stride);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([1, 0, 0, 0, 0], 8); // 1 bit, greyscale, deflate, adaptive filters, no interlace (PNG section 11.2.2)
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return new Uint8Array(
    Buffer.concat([
      signature,
      makeChunk("IHDR", header),
      makeChunk("IDAT", deflateSync(pixels)),
      makeChunk("IEND", new Uint8Array()),
    ]),
  );
}

/** Length, type, data, CRC of type and data (PNG section 5.3). */
function makeChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, "latin1");
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}
