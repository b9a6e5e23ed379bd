// Work that runs on after its call was answered. Ours; the contract knows no such thing.
import { Type } from "@sinclair/typebox";
import { endpoint } from "../endpoint.ts";
import { text } from "../params.ts";

const jobObject = Type.Object({
  id: Type.String(),
  kind: Type.String({ description: "what it does" }),
  by: Type.String({ description: "who started it" }),
  startedAt: Type.Integer({ description: "milliseconds since 1970" }),
  endedAt: Type.Union([Type.Integer(), Type.Null()]),
  state: Type.Union([Type.Literal("running"), Type.Literal("done"), Type.Literal("failed"), Type.Literal("stopped")]),
  done: Type.Integer(),
  total: Type.Union([Type.Integer(), Type.Null()], { description: "null while it is not known" }),
  result: Type.Optional(Type.Unknown({ description: "what it found; absent until it is done" })),
  error: Type.Union([Type.String(), Type.Null()]),
});
const id = text("number of the job", { maxLength: 40, empty: "refuse" });

export const job = {
  jobList: endpoint({
    methods: ["GET"],
    paths: ["/job/"],
    access: "admin",
    right: "jobread",
    tag: "job",
    summary: "List long work, newest first",
    description: "Running jobs of this node, and those that ended within the last hour.",
    params: Type.Object({}),
    value: Type.Array(jobObject),
  }),
  jobGet: endpoint({
    methods: ["GET"],
    paths: ["/job/:id"],
    access: "admin",
    right: "jobread",
    tag: "job",
    summary: "How far is it?",
    params: Type.Object({ id }),
    value: jobObject,
    errors: ["not_found"],
  }),
  jobStop: endpoint({
    methods: ["DELETE"],
    paths: ["/job/:id"],
    access: "admin",
    right: "jobstop",
    tag: "job",
    summary: "Stop long work",
    description: "It ends after the slice it is working on; what is done stays done.",
    params: Type.Object({ id }),
    value: Type.Literal(true),
    errors: ["not_found"],
  }),
};
