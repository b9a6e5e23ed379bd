// The first key ring of a data directory (B01, Z11): made only where there is none, and no database that had one.
import { existsSync } from "node:fs";
import { databasePath, describeDevice, keysPath } from "../assemble.ts";
import { createDeviceLogin } from "../vault/device-login.ts";
import { createKeys } from "../vault/keys.ts";
import { makeGate } from "../vault/pkcs11/gate.ts";
import { CommandError, type CommandLine, UsageError } from "./command.ts";
import { openSecrets, type SecretReader } from "./standard-input.ts";

/** False: there is one already. `label`: the seal key is made in the security module. Errors: CommandError, KeyFileError. */
export async function createFirstRing(line: CommandLine, label: string | null): Promise<boolean> {
  const { dataDir, values } = line;
  const directory = keysPath(dataDir);
  if (existsSync(directory)) return false;
  if (existsSync(databasePath(dataDir)))
    throw new CommandError(`${databasePath(dataDir)} is there but ${directory} is not: restore the keys from the backup`);
  const inModule = values["pkcs11-ring"] === true;
  if (inModule && values.seal) throw new UsageError("--seal and --pkcs11-ring exclude each other");
  const secrets = openSecrets();
  const passphrase = values.seal ? await secrets.next("passphrase of the key ring") : undefined;
  if (passphrase !== undefined && passphrase.length < 8)
    throw new CommandError("the passphrase, a line of standard input, has at least 8 characters");
  const device = label !== null || inModule ? await openModule(line, secrets) : undefined;
  await createKeys(directory, {
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(device ? { device } : {}),
    ...(label === null ? {} : { sealKeyLabel: label }),
    ...(inModule ? { ringKeyLabel: `${line.settings()["keys.pkcs11_key_label"]}-ring` } : {}),
  });
  device?.close();
  return true;
}

async function openModule(line: CommandLine, secrets: SecretReader) {
  const settings = describeDevice(line.settings());
  if (!settings) throw new UsageError("a key in a security module needs the setting keys.pkcs11_module in the settings file");
  const login = createDeviceLogin(settings, makeGate(), async () => {});
  login.settle();
  if (login.needsPin) {
    const pin = await secrets.next("PIN of the security module");
    if (pin === "") throw new CommandError(`${login.fault}; here: as a line of standard input, or keys.pkcs11_pin_file`);
    if (!login.tryPin(pin)) throw new CommandError("the token refused the PIN");
  }
  if (login.fault !== null) throw new CommandError(login.fault);
  return login.device;
}
