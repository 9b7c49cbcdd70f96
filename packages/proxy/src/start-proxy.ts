import { addAuditReadiness } from '@sallyport/audit-log';
import { readPageLook } from '@sallyport/pages';
import { randomUUID } from 'node:crypto';
import { openAcme } from './acme/open-acme.ts';
import { openConnectors } from './connectors/open-connectors.ts';
import { composeGateway } from './gateway/compose-gateway.ts';
import { connectServices, type ProxyParts } from './gateway/connect-services.ts';
import { createListenerCertificates, openListeners } from './gateway/open-listeners.ts';
import { openRecordings } from './gateway/open-recordings.ts';
import { createClusterSet } from './reload/cluster-set.ts';
import { createSharedMetrics } from './upstream/shared-metrics.ts';
import { createRouteSet } from './reload/route-set.ts';
import { startReloading } from './reload/start-reloading.ts';
import { openWebIdentity } from './web-identity/open-web-identity.ts';
import { createAnswerQuestion } from './streams/answer-question.ts';

/** How long open requests may take after the time for streams is over, in milliseconds. */
const closingMs = 2000;

/** Starts the gateway: its clusters and web applications, the roads to them, its own pages and API, its listeners. */
export async function startProxy(parts: ProxyParts) {
  const { config, resolvePath } = parts.loaded;
  const { logger } = parts;
  addAuditReadiness(parts.readiness, parts.sink);
  const services = connectServices(parts);
  const { authorize } = services;
  const replica = `proxy/${randomUUID().slice(0, 8)}`;
  const connectors = await openConnectors({ ...parts, authorize, replica });
  const { through } = connectors;
  const clusters = await createClusterSet(config.clusters, {
    resolvePath,
    timeouts: config.timeouts,
    logger,
    now: parts.now,
    through,
  });
  createSharedMetrics(parts.metrics, () => clusters.upstreams.all());
  const webIdentity = openWebIdentity(parts);
  const certificates = createListenerCertificates(parts);
  const routes = await createRouteSet(config.routes, {
    certificates,
    resolvePath,
    timeouts: config.timeouts,
    look: readPageLook(config),
    identityOf: webIdentity.of,
    through,
  });
  const recordings = await openRecordings(parts);
  const gateway = composeGateway(parts, { clusters, routes, services, webIdentity, recordings, connectors, replica });
  const { streams, live } = gateway.roads;
  const acme = await openAcme(parts);
  const listeners = await openListeners(parts, gateway, certificates, acme);
  const answerQuestion = createAnswerQuestion({ registry: streams.registry, authorize, live, replica, logger });
  const reloader = startReloading({
    ...parts,
    clusters,
    routes,
    connectors,
    authorize,
    replica,
    apply(changed) {
      gateway.apply(changed);
      acme?.use(changed);
      parts.onConfig?.(changed);
    },
    onChange: (change) => {
      gateway.onChange(change);
      void answerQuestion(change);
    },
  });
  return {
    /** Reads the configuration again. */
    reload: () => void reloader.reload('signal'),
    port: listeners.port,
    /** The port of the login pages without TLS, if `login.listen` is configured. */
    pagesPort: listeners.pagesPort,
    /** The port for other replicas, if `services.proxy.peer` is configured. */
    peerPort: connectors.peerPort,
    async close() {
      // Streams get time before they are ended. Meanwhile clients give up the connections that they keep. Then nothing new
      // is accepted, and short requests finish.
      // Connectors connect to other replicas meanwhile.
      connectors.release();
      const { drain } = config.streams;
      const drained = streams.drain(drain);
      await listeners.release(parts.releaseMs ?? 0);
      const stopped = listeners.close(drain + closingMs);
      await drained;
      await streams.drain(0); // those that began later
      for (const socket of gateway.tunnels) socket.destroy();
      // Their pools would hold up the connections of connectors, and those the listener.
      for (const one of [...clusters.upstreams.all(), ...routes.routes.all()]) one.retire();
      await connectors.close(closingMs);
      await stopped;
      await gateway.roads.settleRecordings(closingMs);
      await recordings?.close();
      gateway.release();
      certificates.close();
      await acme?.close();
      streams.close();
      webIdentity.close();
      await reloader.close();
      await Promise.all([clusters.upstreams.close(), ...Object.values(services).map((one) => one.close())]);
    },
  };
}
