import { openAuditSink } from '@sallyport/audit-log';
import { createDirectoryStore } from '@sallyport/directory';
import { loadServiceKeys, proxyEnvironment, runService } from '@sallyport/kit';
import { startTracing } from '@sallyport/kit/tracing';
import { createSessionStores, warnOfLosses } from '@sallyport/stores';
import { checkAuthorize } from './check-authorize.ts';
import { startAuthorize } from './service/start-authorize.ts';

const environment = proxyEnvironment(process.env);

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
    await warnOfLosses(stores.redis, loaded.config, logger);
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
