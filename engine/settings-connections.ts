// The settings that bound what a client may hold: connections, and the time for what it sends.
import { define } from "./setting.ts";
import { cidrKind, integerKind, listKind } from "./setting-kinds.ts";

export const connectionSettings = {
  "server.head_seconds": define({
    kind: integerKind(1, 300),
    default: 10,
    help: "How long a client may take to send the head of a request; who is slower is cut off.",
  }),
  "server.body_seconds": define({
    kind: integerKind(1, 3600),
    default: 60,
    help: "How long it may take after that to send the body.",
  }),
  "server.idle_seconds": define({
    kind: integerKind(1, 3600),
    default: 75,
    help: "How long a connection without a request stays open; longer than the pools of the proxies in front keep theirs.",
  }),
  "server.connections": define({
    kind: integerKind(0, 10_000_000),
    default: 0,
    help: "Open connections of all clients together; more are closed at once. 0: what the limit of open files (ulimit -n) leaves room for.",
  }),
  "server.connections_per_address": define({
    kind: integerKind(1, 10_000_000),
    default: 500,
    help: "Open connections of one IPv4 address or one IPv6 network of 64 bits. Proxies that OverrideAuthorizationClient trusts are not counted.",
  }),
  "server.connections_uncounted": define({
    kind: listKind(cidrKind()),
    default: ["127.0.0.0/8", "::1/128"],
    help: "Further addresses whose connections are not counted one by one, such as gateways and networks behind one address.",
  }),
};
