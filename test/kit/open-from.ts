// A connection that comes from one of the loopback addresses, so that one machine can be many clients.
import { connect } from "node:net";

export interface LineFrom {
  write(data: string): void;
  /** What came first; "" when the server closed without a word. */
  first: Promise<string>;
  /** Resolves when the server has closed. */
  closed: Promise<void>;
  close(): void;
}

/** @param address an IPv4 address of the loopback network, such as 127.0.0.9 */
export function openFrom(address: string, port: number): Promise<LineFrom> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, localAddress: address });
    const first = new Promise<string>((tell) => {
      socket.once("data", (data: Buffer) => tell(data.toString("latin1")));
      socket.once("close", () => tell(""));
    });
    const closed = new Promise<void>((tell) => void socket.once("close", () => tell()));
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.on("error", () => {});
      resolve({ write: (data) => void socket.write(data), first, closed, close: () => void socket.destroy() });
    });
  });
}
