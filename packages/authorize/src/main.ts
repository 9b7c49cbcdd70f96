import { openAuditSink } from '@sallyport/audit-log';
import { createDirectoryStore } from '@sallyport/directory';
import { loadServiceKeys, runService } from '@sallyport/kit';
import { startTracing } from '@sallyport/kit/tracing';
import { checkDurability, createSessionStores } from '@sallyport/stores';
import { checkAuthorize } from './check-authorize.ts';
import { startAuthorize } from './service/start-authorize.ts';

const environment = {
  httpsProxy: process.env['HTTPS_PROXY'] ?? process.env['https_proxy'] ?? '',
  noProxy: process.env['NO_PROXY'] ?? process.env['no_proxy'] ?? '',
};

await runService({
  name: 'authorize',
  adminListen: ({ config }) => config.services.authorize.adminListen,
  check: checkAuthorize,
  async start({ loaded, logger, metrics, readiness, releaseMs }) {
    const keys = loadServiceKeys(loaded, 'authorize', Date.now);
    const stores = await createSessionStores(loaded.config.sessions, {
      logger,
      now: Date.now,
      resolvePath: loaded.resolvePath,
    });
    const sink = await openAuditSink(loaded.config.audit, {
      logger,
      metrics,
      now: Date.now,
      resolvePath: loaded.resolvePath,
      service: 'authorize',
    });
    const { sessions, elevations } = loaded.config;
    if (stores.redis && 'redis' in sessions && elevations.length > 0)
      for (const risk of await checkDurability(stores.redis, sessions))
        logger.warn({ risk }, 'elevations may be lost or brought back');
    const tracer = await startTracing({ loaded, service: 'authorize', logger, metrics });
    const authorize = await startAuthorize({
      loaded,
      logger,
      metrics,
      tracer,
      readiness,
      verifier: keys.verifier,
      sessions: stores.sessions,
      replicas: stores.replicas,
      streams: stores.streams,
      elevations: {
        store: stores.elevations,
        sink,
        directory: createDirectoryStore({ redis: stores.redis, now: Date.now }),
      },
      environment,
      sink,
      now: Date.now,
      releaseMs,
    });
    const following = keys.follow({ logger, metrics });
    return {
      reload: () => authorize.reload(),
      async close() {
        await authorize.close();
        following.close();
        await Promise.all([sink.close(), tracer?.close()]);
        await stores.close();
      },
    };
  },
});
