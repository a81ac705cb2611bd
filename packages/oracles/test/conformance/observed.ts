/** What both sides saw of every client in every scenario. */
import { Emulator } from "@cloud-messaging/emulator"
import * as EmulatorServer from "@cloud-messaging/emulator/EmulatorServer"
import { Context, Effect, Layer, Option, type Scope } from "effect"
import * as Sdk from "../utils/sdk.ts"
import type { Cell, Clients, Table } from "./expected.ts"
import * as Ours from "./ours.ts"
import { type Question, type Scenario, scenarios } from "./scenarios.ts"

type Ask<Question> = (question: Question) => Effect.Effect<string, Sdk.SdkError, Sdk.Google>

/** Longer than any client that is asked here waits for an answer. */
const patience = "25 seconds"

/** What a client says, if it says anything. */
const said = (answer: Effect.Effect<string, Sdk.SdkError, Sdk.Google>) =>
  answer.pipe(Effect.timeoutOption(patience), Effect.map((word) => Option.getOrElse(word, () => "nothing")))

const entries = <T extends Table>(table: T) => Object.entries<Scenario>(scenarios[table])

/** A message, in a project of its own: all of them at the same time. */
const sent = <T extends "fcm" | "gcm">(table: T, clients: { readonly [C in Clients[T]]: Ask<Question> }) =>
  Effect.forEach(
    Object.entries<Ask<Question>>(clients).flatMap(([client, ask]) =>
      entries(table).map(([name, scenario]) => ({ client, ask, name, scenario }))
    ),
    Effect.fnUntraced(function*({ ask, client, name, scenario: { data = { score: "42" }, fates = ["ok"], fault } }) {
      const project = `${table} ${client} ${name}`.toLowerCase().replaceAll(/\W+/g, "-")
      const { faults, messages, requests } = yield* Emulator.project(project)
      if (fault !== undefined) yield* faults.add(fault)
      const recipients = fates.map((fate, i) => `emulator:${fate}:${project}-${i}`)
      const word = yield* said(ask({ project, recipients, data }))
      const cell: Cell = [word, (yield* requests)[table], (yield* messages.query()).length]
      return [key(table, name, client), cell] as const
    }),
    { concurrency: "unbounded" }
  )

/** An access token: one after the other, as requests for it belong to no project. */
const given = (clients: { readonly [C in Clients["token"]]: Ask<{ readonly email: string }> }) =>
  Effect.forEach(
    Object.entries(clients).flatMap(([client, ask]) =>
      entries("token").map(([name, scenario]) => ({ client, ask, name, scenario }))
    ),
    Effect.fnUntraced(function*({ ask, client, name, scenario }) {
      const { faults, requests } = yield* Emulator.Emulator
      const { token: before } = yield* requests
      yield* faults.clear
      if (scenario.fault !== undefined) yield* faults.add(scenario.fault)
      const word = yield* said(ask({ email: scenario.email ?? Emulator.serviceAccount.clientEmail }))
      const cell: Cell = [word, (yield* requests).token - before]
      return [key("token", name, client), cell] as const
    })
  )

const messages = Effect.gen(function*() {
  const [firebaseAdmin, fcmV1Http2, nodeGcm] = yield* Effect.all([
    Sdk.start<Question & { readonly transport: string }>("conformance/firebaseAdmin.ts"),
    Sdk.start<Question>("conformance/fcmV1Http2.ts"),
    Sdk.start<Question>("conformance/nodeGcm.ts")
  ], { concurrency: "unbounded" })
  const fcm = sent("fcm", {
    "firebase-admin": (question) => firebaseAdmin({ ...question, transport: "HTTP/2" }),
    "firebase-admin, HTTP/1.1": (question) => firebaseAdmin({ ...question, transport: "HTTP/1.1" }),
    "fcm-v1-http2": fcmV1Http2,
    "ours, `Fcm`": Ours.sendByFcm
  })
  const gcm = sent("gcm", { "node-gcm": nodeGcm, "ours, `Gcm`": Ours.sendByGcm })
  return (yield* Effect.all([fcm, gcm], { concurrency: "unbounded" })).flat()
})

const tokens = Effect.gen(function*() {
  return yield* given({
    "google-auth-library": yield* Sdk.start("conformance/googleAuth.ts"),
    "ours, `ServiceAccount`": Ours.getToken
  })
})

/** With an emulator of its own. */
const besideEmulator = <A>(effect: Effect.Effect<A, Sdk.SdkError, Emulator.Emulator | Sdk.Google | Scope.Scope>) => {
  const google = Layer.effect(Sdk.Google, EmulatorServer.EmulatorServer)
  return Effect.scoped(effect).pipe(Effect.provide(Layer.fresh(Layer.provideMerge(google, EmulatorServer.layer()))))
}

export const key = (table: string, scenario: string, client: string): string => `${table}: ${scenario}, ${client}`

export class Observed extends Context.Service<Observed, ReadonlyMap<string, Cell>>()(
  "@cloud-messaging/oracles/Observed"
) {}

export const layer = Layer.effect(
  Observed,
  Effect.map(
    Effect.all([besideEmulator(messages), besideEmulator(tokens)], { concurrency: "unbounded" }),
    (observations) => new Map(observations.flat())
  )
)
