// The certificate of the listener: read from its files with everything checked that would make clients turn away, so that a pair
// that is no good is refused before it is served.
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Settings } from "../config.ts";
import { KeyFileError, readSecretFile, stampOf } from "../vault/secret-file.ts";

/** The files do not make a pair that can be served; the message names the file and what to do. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
}

export interface Pair {
  /** PEM, the chain. */
  certificate: string;
  /** PEM, without passphrase. */
  key: string;
  /** PEM of the CAs of clients; null: clients are not asked. */
  clientCas: string | null;
  /** milliseconds since 1970 */
  expiresAt: number;
  /** SHA-256, as the field prints it: hexadecimal with colons. */
  fingerprint: string;
}

/** What is served now, for the metrics. */
export interface ServedCertificate {
  /** milliseconds since 1970; null: no TLS here. */
  expiresAt: number | null;
  /** Renewed files that were no good. */
  refused: number;
}

const LEAST_RSA_BITS = 2048;

/** The files that make up the pair. */
export function listTlsFiles(settings: Settings): string[] {
  const names = ["tls.certificate_file", "tls.key_file", "tls.passphrase_file", "tls.client_ca_file"] as const;
  return names.map((name) => settings[name]).filter((path) => path !== "");
}

/** Changes whenever one of the files does. */
export const stampTlsFiles = (settings: Settings): string => listTlsFiles(settings).map(stampOf).join(" ");

/** Reads and checks. Errors: CertificateError. An expired certificate is none here: whether it is served is the caller's choice. */
export function readPair(settings: Settings): Pair {
  const certificateFile = settings["tls.certificate_file"];
  const certificate = readText(certificateFile);
  const [leaf, ...others] = parseCertificates(certificateFile, certificate);
  if (!leaf) throw new CertificateError(`${certificateFile} holds no certificate in PEM form`);
  const key = readKey(settings["tls.key_file"], settings["tls.passphrase_file"]);
  if (!leaf.checkPrivateKey(key))
    throw new CertificateError(`${settings["tls.key_file"]} is not the key of the first certificate in ${certificateFile}`);
  if (key.asymmetricKeyType === "rsa" && (key.asymmetricKeyDetails?.modulusLength ?? 0) < LEAST_RSA_BITS)
    throw new CertificateError(`${settings["tls.key_file"]} is shorter than ${LEAST_RSA_BITS} bits`);
  refuseBrokenChain(certificateFile, [leaf, ...others]);
  return {
    certificate,
    key: String(key.export({ type: "pkcs8", format: "pem" })),
    clientCas: settings["tls.client_certificates"] === "off" ? null : readClientCas(settings["tls.client_ca_file"]),
    expiresAt: Math.min(...[leaf, ...others].map(({ validTo }) => Date.parse(validTo))),
    fingerprint: leaf.fingerprint256,
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CertificateError(`${path} can not be read: ${(error as NodeJS.ErrnoException).code ?? "error"}`);
  }
}

function parseCertificates(path: string, text: string): X509Certificate[] {
  try {
    return (text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
      (pem) => new X509Certificate(pem),
    );
  } catch {
    throw new CertificateError(`${path} holds a damaged certificate`);
  }
}

/** A file whose order is wrong makes some clients fail and others not, which nobody finds. */
function refuseBrokenChain(path: string, chain: readonly X509Certificate[]): void {
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1];
    if (issuer && !certificate.checkIssued(issuer))
      throw new CertificateError(
        `${path}: certificate ${index + 2} did not issue certificate ${index + 1}; the server's own comes first`,
      );
  }
}

function readKey(path: string, passphraseFile: string): KeyObject {
  try {
    const passphrase = passphraseFile === "" ? undefined : readSecretFile(passphraseFile, "group").split(/\r?\n/, 1)[0];
    return createPrivateKey({ key: readSecretFile(path, "group"), ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    if (error instanceof KeyFileError) throw new CertificateError(error.message);
    const { code, path: missing } = error as NodeJS.ErrnoException;
    if (missing !== undefined) throw new CertificateError(`${missing} can not be read: ${code}`);
    const hint = passphraseFile === "" ? "or it has a passphrase (tls.passphrase_file)" : "or the passphrase is another";
    throw new CertificateError(`${path} holds no private key in PEM form, ${hint}`);
  }
}

function readClientCas(path: string): string {
  const text = readText(path);
  if (parseCertificates(path, text).length === 0) throw new CertificateError(`${path} holds no certificate in PEM form`);
  return text;
}
