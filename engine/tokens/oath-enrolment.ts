// Enrolment of HOTP and TOTP: a seed, its settings, and the QR codes an app reads (rest-api.md 3.1.1 and 3.2).
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import { encodeBase32 } from "../core/base32.ts";
import { decodeBase32Check } from "../core/base32check.ts";
import { expandLabel, keyUri, oathTokenUri } from "../core/key-uri.ts";
import type { Vault } from "../vault/vault.ts";
import { type EnrolContext, type Enrolment, type EnrolRequest, keyContext } from "./type.ts";

/** RFC 4226 4 R6 asks for 128 bits and recommends 160; RFC 6238 appendix A uses the length of the hash. */
const SEED_BYTES = { sha1: 20, sha256: 32, sha512: 64 } as const;
const MAX_SEED_BYTES = 512;
/** Values one log-in may have to look through: about a millisecond of a worker. A day each way at 60 seconds is 2880. */
export const MAX_STEPS = 3000;
const DEFAULT_LABEL = "<s>";
const ISSUER = "privacyIDEA";

type Kind = "hotp" | "totp";
type Algorithm = keyof typeof SEED_BYTES;

/** Makes or takes the seed, seals it, and returns row, token information and detail. Errors: 905 for a seed it can not read. */
export async function enrolOath(kind: Kind, request: EnrolRequest, { vault, config }: EnrolContext): Promise<Enrolment> {
  const configured = config[`${kind}.hashlib`];
  const algorithm: Algorithm = request.algorithm ?? (configured in SEED_BYTES ? (configured as Algorithm) : "sha1");
  const digits = request.otpLength ?? config.DefaultOtpLen;
  const { sealed, clear } = await chooseSeed(request, algorithm, vault);
  const step = request.timeStep ?? config["totp.timeStep"];
  const window = request.timeWindow ?? config["totp.timeWindow"];
  if (kind === "totp" && (2 * window) / step > MAX_STEPS) {
    throw new ApiError("bad_parameter", { name: "timeWindow", wanted: phrase("wanted_steps", { maximum: MAX_STEPS / 2 }) });
  }
  const uri = {
    kind,
    label: expandLabel(DEFAULT_LABEL, { serial: request.serial, ...request.labels }),
    secret: clear,
    digits,
    algorithm,
    issuer: ISSUER,
    period: step,
  };
  return {
    columns: {
      key_sealed: sealed,
      otp_length: digits,
      algorithm,
      counter: 0,
      ...(kind === "totp"
        ? {
            time_step: step,
            time_window: window,
            time_shift: request.timeShift ?? config["totp.timeShift"],
          }
        : {}),
    },
    // A serial of a Yubikey programmed as OATH token (K1-27).
    info: { tokenkind: request.serial.startsWith("UB") ? "hardware" : "software" },
    detail: await describeSeed(clear, keyUri(uri), oathTokenUri(uri), vault),
  };
}

/** `genkey` wins over `otpkey` in this family (rest-api.md 3.1.1). */
async function chooseSeed(request: EnrolRequest, algorithm: Algorithm, vault: Vault) {
  const context = keyContext(request.serial);
  if (request.generate) return vault.newSeed(request.keySize ?? SEED_BYTES[algorithm], context);
  if (request.otpKey === undefined) throw new ApiError("missing_parameter", { name: "otpkey" });
  const clear = readSeed(request.otpKey, request.otpKeyFormat ?? "hex");
  if (clear.length === 0 || clear.length > MAX_SEED_BYTES) {
    throw new ApiError("bad_parameter", {
      name: "otpkey",
      wanted: phrase("wanted_bytes", { minimum: 1, maximum: MAX_SEED_BYTES }),
    });
  }
  return { sealed: await vault.seal(clear, context), clear };
}

function readSeed(text: string, format: "hex" | "base32check"): Uint8Array {
  try {
    return format === "hex" ? Uint8Array.fromHex(text.trim()) : decodeBase32Check(text);
  } catch (cause) {
    const wanted = format === "hex" ? "hexadecimal digits, two for each byte" : "base32 with a matching checksum";
    throw new ApiError("bad_parameter", { name: "otpkey", wanted }, { cause });
  }
}

/** The one time the seed is shown: as text and as QR codes (PNG data URIs, rest-api.md 5, item 26). */
async function describeSeed(clear: Uint8Array, google: string, oath: string, vault: Vault): Promise<Record<string, unknown>> {
  const seed = `seed://${clear.toHex()}`;
  const images = await vault.renderQrs([seed, google, oath]);
  const [seedImage, googleImage, oathImage] = images.map((png) => `data:image/png;base64,${png.toBase64()}`);
  return {
    otpkey: { description: "OTP seed", value: seed, value_b32: encodeBase32(clear), img: seedImage },
    googleurl: { description: "URL for google Authenticator", value: google, img: googleImage },
    oathurl: { description: "URL for OATH token", value: oath, img: oathImage },
    rollout_state: "",
  };
}
