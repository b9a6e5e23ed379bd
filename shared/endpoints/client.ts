// Which programs call, and what tokens can be attached to (rest-api.md 2.8).
import { Type } from "@sinclair/typebox";
import { endpoint } from "../endpoint.ts";

/** Applications of machines with the options an attachment takes. */
export const applications: Readonly<Record<string, { options: { required: string[]; optional: string[] } }>> = {
  luks: { options: { required: [], optional: ["slot", "partition"] } },
  offline: { options: { required: [], optional: ["count", "rounds"] } },
  ssh: { options: { required: [], optional: ["user"] } },
};

const names = Type.Array(Type.String());

export const client = {
  clientList: endpoint({
    methods: ["GET"],
    paths: ["/client/", "/clients"],
    access: "admin",
    right: "clienttype",
    tag: "client",
    summary: "List the programs that asked for log-ins, by their type",
    description: "The type is the first word of the User-Agent. Invented ones are kept too: the list is no proof of anything.",
    params: Type.Object({}),
    value: Type.Record(
      Type.String({ description: "client type" }),
      Type.Array(
        Type.Object({
          ip: Type.String(),
          hostname: Type.String(),
          lastseen: Type.String({ description: "as RFC 1123 has it" }),
        }),
      ),
    ),
  }),
  applicationList: endpoint({
    methods: ["GET"],
    paths: ["/application/"],
    access: "admin",
    tag: "application",
    summary: "List what tokens can be attached to on machines",
    params: Type.Object({}),
    value: Type.Record(Type.String(), Type.Object({ options: Type.Object({ required: names, optional: names }) })),
  }),
};
