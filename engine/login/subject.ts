// Step 2: whom the request is about (rest-api.md 2.2; F10 for user and realm).
import { ApiError } from "@ostiary/shared/errors.ts";
import type { LoginEngine, LoginRequest, Subject } from "./types.ts";

/**
 * Finds the user, or the token's owner. Errors: 905 if neither user nor serial is given, a user name holds a percent sign,
 * or the serial is not the user's; 904 for a user in no realm; 601 for an unknown serial.
 */
export async function findSubject(request: LoginRequest, engine: LoginEngine): Promise<Subject> {
  const { user: login } = request;
  // Observed on real servers: refused after the decoding steps (clients-contract.md 11).
  if (login?.includes("%")) throw new ApiError("invalid_user");
  const user = login === undefined ? null : await engine.directory.findUser(login, request.realm, request.resolver);
  if (login !== undefined && !user) throw new ApiError("user_not_found");
  if (request.serial === undefined) {
    if (!user) throw new ApiError("user_or_serial_missing");
    return { kind: "user", user };
  }
  if (request.serial.includes("*")) throw new ApiError("invalid_serial");
  const token = await engine.store.tokenBySerial(request.serial);
  if (!token) throw new ApiError("token_not_found");
  if (user && !(token.owner && token.owner.resolver === user.resolver && token.owner.userId === user.userId)) {
    throw new ApiError("serial_of_other_user");
  }
  if (!token.owner) return { kind: "token", serial: token.serial, owner: null };
  // F01: a user outside every realm can not authenticate, not even by the serial of his token.
  const owner = user ?? (await engine.directory.findById(token.owner.resolver, token.owner.userId, token.owner.realm));
  if (!owner) throw new ApiError("user_not_found");
  return { kind: "token", serial: token.serial, owner };
}
