import { expect, test } from "bun:test";
import { crc32, inflateSync } from "node:zlib";
import { decodeQR } from "qr/decode.js";
import { renderQrPng } from "./qr-png.ts";

const URI = "otpauth://totp/Ostiary:alice?secret=JBSWY3DPEHPK3PXP&issuer=Ostiary";

function readChunks(png: Uint8Array): Map<string, Buffer> {
  const bytes = Buffer.from(png);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    const body = bytes.subarray(at + 4, at + 8 + size);
    expect(bytes.readUInt32BE(at + 8 + size)).toBe(crc32(body));
    chunks.set(body.toString("latin1", 0, 4), body.subarray(4));
    at += 12 + size;
  }
  return chunks;
}

/** Grey values, one byte a pixel and RGBA for the decoder. */
function readPixels(png: Uint8Array): { width: number; height: number; data: Uint8Array } {
  const chunks = readChunks(png);
  const side = chunks.get("IHDR")?.readUInt32BE(0) ?? 0;
  const lines = inflateSync(chunks.get("IDAT") ?? Buffer.alloc(0));
  const stride = 1 + Math.ceil(side / 8);
  expect(lines.length).toBe(stride * side);
  const data = new Uint8Array(side * side * 4).fill(255);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const light = ((lines[y * stride + 1 + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1;
      data.fill(light * 255, (y * side + x) * 4, (y * side + x) * 4 + 3);
    }
  }
  return { width: side, height: side, data };
}

test("ISO/IEC 18004: the picture decodes to the text", () => {
  for (const text of [URI, "x", `https://example.org/${"a".repeat(700)}`])
    expect(decodeQR(readPixels(renderQrPng(text)))).toBe(text);
});

test("ISO/IEC 18004 9.1: four light modules around the code", () => {
  const { width, data } = readPixels(renderQrPng(URI));
  for (let i = 0; i < width; i++) {
    for (let depth = 0; depth < 20; depth++) {
      expect(data[(depth * width + i) * 4]).toBe(255);
      expect(data[(i * width + depth) * 4]).toBe(255);
    }
  }
  expect(data[(20 * width + 20) * 4]).toBe(0); // the finder pattern begins there
});

test("PNG 11.2.2: one bit of grey", () => {
  const png = renderQrPng(URI);
  expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  expect([...(readChunks(png).get("IHDR")?.subarray(8) ?? [])]).toEqual([1, 0, 0, 0, 0]);
});

test("text that fits no QR code is a RangeError", () => {
  expect(() => renderQrPng("a".repeat(2332))).toThrow(RangeError);
  expect(() => renderQrPng("ü".repeat(1200))).toThrow(RangeError);
  expect(renderQrPng("a".repeat(2331)).length).toBeGreaterThan(0);
});
