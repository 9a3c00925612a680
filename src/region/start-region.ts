// A Region put together: store, key service, vault, replication, operations and endpoints, behind one listener.
import { hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent } from 'node:https'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { createEndpoints } from '../directory/endpoints.ts'
import { importRunnerOf } from '../directory/import/import-runner.ts'
import { registeredPools } from '../directory/records/user-pool.ts'
import type { Runtime } from '../directory/runtime.ts'
import { dropUnfinishedPools } from '../directory/unfinished-pools.ts'
import { createUserPoolService } from '../directory/user-pool-service.ts'
import { createKeyService } from '../keys/key-service.ts'
import { loadRootKey } from '../keys/root-key.ts'
import { createFormEndpoints } from '../oauth/form-endpoints.ts'
import { createOauthApp } from '../oauth/oauth-app.ts'
import { createOperatorService } from '../operator/operator-service.ts'
import { createAuthEventFeedbackApp } from '../pages/auth-event-feedback.ts'
import { createConfirmUserApp } from '../pages/confirm-user.ts'
import { confirmationsAtLead } from '../replication/confirmations.ts'
import { replicationOperations } from '../replication/operations/replication-operations.ts'
import { createReplication } from '../replication/replication.ts'
import { createWriteGuard, type WriteWatch } from '../replication/write-guard.ts'
import { createForwarder } from '../routing/forward.ts'
import { acceptRevocations } from '../signin/revocation.ts'
import { readCompromisedPasswords } from '../signin/threat/compromised-passwords.ts'
import { createPasswordWorkers } from '../srp/password-worker.ts'
import { Conflict } from '../store/store.ts'
import { systemClock, systemRandom } from '../telemetry/clock.ts'
import { createLogger } from '../telemetry/log.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import type { DataKey } from '../vault/envelope.ts'
import { createKeyServiceClient, servicePrincipals } from '../vault/key-service-client.ts'
import { createVault } from '../vault/vault.ts'
import { clientAddressBehind } from '../wire/client-address.ts'
import { createDispatcher } from '../wire/dispatch.ts'
import { startListener } from '../wire/listener.ts'
import type { RegionConfiguration } from './configuration.ts'
import { credentialLookup } from './credentials.ts'
import { deriveSecrets } from './deployment-secrets.ts'
import { createImportApp } from './import-app.ts'
import { inboxOf } from './inbox-of.ts'
import { latest } from './latest.ts'
import { acceptLeadNews, createLeadControl, leadNewsCall } from './lead-news.ts'
import { handToLead } from './lead-requests.ts'
import { createOperatorApp } from './operator-app.ts'
import { startOutgoing } from './outgoing.ts'
import { isPeerPath, refuseOutsider } from './peer-endpoint.ts'
import { createPeerKeyServices, keyNewsCall } from './peer-key-services.ts'
import { isTunnelRequest } from './peer-tunnel.ts'
import { createPeers } from './peers.ts'
import { publicNames } from './public-names.ts'
import { hasFiles, type Lead, openRegionStore } from './region-store.ts'
import { createResealing } from './reseal-pools.ts'
import { userPoolOperations } from './user-pool-operations.ts'

const sweepMs = 3_600_000
/** Where other nodes serve, a pool that is younger may still be in the making. */
const unfinishedAgeMs = 600_000

export type RunningRegion = { readonly origin: string; readonly port: number; close(): Promise<void> }

/** The Region's own key, under which the data keys of pools on the service-owned key are wrapped. */
const regionKeyFrom = (rootKey: DataKey): DataKey => ({
  id: rootKey.id,
  bytes: Buffer.from(hkdfSync('sha256', rootKey.bytes, new Uint8Array(), 'twinpool region key', 32)),
})

/**
 * Starts a Region in this process; resolves when it serves. Rejects with StoreLocked or StoreFailure, RootKeyRefused, or the system's error
 * for a port that can't be taken; nothing is then left running.
 */
export const startRegion = async (configuration: RegionConfiguration): Promise<RunningRegion> => {
  const { region, account, dataFolder, peers } = configuration
  const clock = systemClock
  const random = systemRandom
  const log = createLogger({ level: configuration.logLevel, region })
  const secrets = deriveSecrets(configuration.deploymentSecret, region, account)
  const tls =
    configuration.tls === undefined
      ? undefined
      : {
          certificate: readFileSync(configuration.tls.certificateFile, 'utf8'),
          key: readFileSync(configuration.tls.keyFile, 'utf8'),
          authority: readFileSync(configuration.tls.authorityFile, 'utf8'),
        }
  /** What was started, to be ended in reverse order. */
  const started: (() => Promise<void> | void)[] = []
  const close = async (): Promise<void> => {
    for (const end of started.splice(0).reverse()) await end()
  }

  try {
    const hasData = hasFiles(configuration)
    const rootKey = loadRootKey({ folder: dataFolder, hasData, environment: process.env, random })
    const { store, lead: takeLead } = await openRegionStore(configuration, { clock, random, log })
    started.push(() => store.close())

    const between = createPeers(configuration, secrets, tls?.authority, { clock, random, log })
    const { transport } = between
    started.push(() => transport.close())

    const keyServer = await retried(() =>
      createKeyService({
        region,
        account,
        store,
        rootKey,
        transportKey: secrets.transportKey,
        clock,
        random,
        log,
        peers: createPeerKeyServices(transport, Object.keys(peers)),
      }),
    )
    started.push(() => keyServer.close())

    const ownEndpoint = {
      endpoint: peers[region] ?? configuration.origin,
      httpsAgent: tls === undefined ? undefined : new Agent({ keepAlive: true, ca: tls.authority }),
    }
    const keyService = createKeyServiceClient({
      region,
      credentials: secrets.serviceCredentials,
      ...ownEndpoint,
    })
    started.push(() => keyService.close())

    const guard = createWriteGuard(store)
    const vault = await retried(() =>
      createVault({
        region,
        account,
        store: guard.store,
        regionKey: regionKeyFrom(rootKey),
        keyService,
        clock,
        random,
        dataKeyLifetimeMs: configuration.dataKeyLifetimeSeconds * 1_000,
      }),
    )
    const dropUnfinished = async (): Promise<void> => {
      const beforeMs = configuration.postgres === undefined ? undefined : clock.now() - unfinishedAgeMs
      const droppedCount = await dropUnfinishedPools(vault, beforeMs)
      if (droppedCount > 0)
        log.warn({ droppedCount }, 'user pools that were half made or half deleted are gone')
    }
    if (configuration.postgres === undefined) await dropUnfinished()

    const makeReplication = () =>
      createReplication({
        region,
        account,
        clock,
        random,
        log,
        vault,
        store,
        keyService,
        transport,
        knownRegions: Object.keys(peers),
        acceptRevocations: (poolId, list) => acceptRevocations(poolId, list, { vault, clock, random }),
        roleChanged: (_poolId, role) => {
          if (role === 'PRIMARY') void importRunnerOf(runtime).resume()
        },
      })
    /** Runs while this node leads; a node that leads again begins anew from what the store says. */
    let replication = makeReplication()
    let lead: Lead | undefined
    const atLead = confirmationsAtLead({ region, transport }, async (poolId) => {
      const registered = await vault.region.get(registeredPools, poolId)
      return registered?.value.acknowledgement !== undefined
    })
    const watch = (): WriteWatch => (isLeader() ? replication.watch : atLead)
    guard.watchWith({
      beforeWrite: (poolId, collections) => watch().beforeWrite(poolId, collections),
      afterWrite: (poolId, collections, position) => watch().afterWrite(poolId, collections, position),
    })
    const isLeader = (): boolean => lead?.isLeader() ?? configuration.postgres === undefined
    const replicaControl = createLeadControl({
      region,
      transport,
      log,
      control: () => replication.control,
      isLeader,
    })
    const passwords = createPasswordWorkers({ random, clock })
    started.push(() => passwords.close())

    const outgoing = startOutgoing({
      configuration,
      vault,
      keyService: { ...ownEndpoint, credentials: secrets.codeCredential },
      clock,
      random,
      log,
    })
    started.push(() => outgoing.close())

    const runtime: Runtime = {
      region,
      account,
      clock,
      random,
      log,
      vault,
      endpoints: createEndpoints({
        region,
        account,
        regionOrigin: configuration.origin,
        routerOrigin: configuration.routerOrigin,
        baseDomain: configuration.baseDomain,
        ...publicNames(configuration),
      }),
      passwords,
      messages: outgoing.messages,
      triggers: outgoing.triggers,
      replicaControl,
      ...(outgoing.logs === undefined ? {} : { logs: outgoing.logs }),
      ...(configuration.compromisedPasswordsFile === undefined
        ? {}
        : { compromisedPasswords: readCompromisedPasswords(configuration.compromisedPasswordsFile) }),
    }

    const makeResealing = () => createResealing({ region, vault, clock, log })
    let resealing = makeResealing()
    const metrics = createMetrics({
      region,
      lags: async () => (await replication.status()).lags,
      resealing: () => resealing.progress(),
      followers: async () => (await replication.status()).followers,
      confirmations: () => replication.confirmationStates(),
      logDelivery: () => outgoing.logCounts(),
    })
    const app = new Hono()
    app.route(
      '/',
      createOperatorApp({
        region,
        routerToken: secrets.routerToken,
        vault,
        metrics,
        readInbox: (destination) => inboxOf(vault, log, destination),
        replicationStatus: () => replication.status(),
        recopy: (poolId) => replication.control.recopy(poolId),
      }),
    )
    app.route('/', createImportApp(runtime))
    app.route('/', createConfirmUserApp(runtime))
    app.route('/', createAuthEventFeedbackApp(runtime))
    app.route('/', createOauthApp(runtime))
    const pages = getRequestListener(app.fetch)
    const peerListener = between.listenWith(
      {
        calls: latest(() => ({
          ...replication.handlers.calls,
          [keyNewsCall]: keyServer.acceptPeerMessage,
          [leadNewsCall]: acceptLeadNews(region, () => (isLeader() ? replication.control : undefined)),
        })),
        streams: latest(() => replication.handlers.streams),
      },
      { isLeader, leader: () => lead?.leader() },
    )

    const clientAddress = clientAddressBehind(configuration.trustedProxies)
    const forms = createFormEndpoints(runtime, clientAddress)
    const forwarder = createForwarder(
      tls === undefined ? undefined : Buffer.from(tls.authority),
      clientAddress,
    )
    started.push(() => forwarder.close())
    // A Region that was away may have been succeeded: it must know before it takes a write.
    if (configuration.postgres === undefined) await replication.askAround()
    const listener = await startListener({
      host: configuration.host,
      port: configuration.port,
      tls,
      // A Region of one node has nobody to hand anything to.
      ...(configuration.postgres === undefined
        ? {}
        : {
            intercept: (request: IncomingMessage, response: ServerResponse) =>
              lead === undefined
                ? Promise.resolve(false)
                : handToLead(request, response, { lead, forwarder, log }),
          }),
      dispatcher: createDispatcher({
        services: [
          createUserPoolService(
            userPoolOperations(replicationOperations(latest(() => replication.control))),
            runtime,
          ),
          keyServer,
          createOperatorService({
            region,
            poolArn: runtime.endpoints.poolArn,
            clock,
            actions: latest(() => replication.operator),
          }),
        ],
        credentials: credentialLookup(configuration.accessKeys, account, [
          ...servicePrincipals.map((name) => secrets.serviceCredentials[name]),
          secrets.codeCredential,
        ]),
        region,
        clock,
        log,
        clientAddress,
        isRetryable: (error) => error instanceof Conflict,
      }),
      fallback: async (request, response) => {
        if (forms.has(request.url ?? '')) await forms.handle(request, response)
        else if (isPeerPath(request.url ?? '')) refuseOutsider(response)
        else await pages(request, response)
      },
      upgrade: { isFor: isTunnelRequest, accept: peerListener.accept },
    })
    started.push(() => listener.close())
    started.push(() => peerListener.close())
    const sweep = async (): Promise<void> => {
      await keyServer.sweep()
      if (configuration.postgres !== undefined && isLeader()) await dropUnfinished()
    }
    const sweeping = setInterval(() => {
      sweep().catch((error: unknown) =>
        log.error({ err: error }, 'what is past its time could not be erased'),
      )
    }, sweepMs)
    started.push(() => clearInterval(sweeping))
    lead = await takeLead({
      onLead: async (settle) => {
        replication = makeReplication()
        if (configuration.postgres !== undefined) await replication.askAround()
        await settle()
        await replication.start()
        await importRunnerOf(runtime).resume()
        resealing = makeResealing()
        resealing.start()
      },
      onLose: async () => {
        await resealing.close()
        await replication.close()
        peerListener.endIdle()
      },
    })
    started.push(() => lead?.close())
    started.push(() => importRunnerOf(runtime).close())
    log.info({ port: listener.port }, 'the Region serves')
    return { origin: configuration.origin, port: listener.port, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Nodes that start over an empty database together make the same first records: whoever comes second reads the first one's. */
const retried = async <Part>(make: () => Promise<Part>): Promise<Part> => {
  try {
    return await make()
  } catch (error) {
    if (error instanceof Conflict) return make()
    throw error
  }
}
