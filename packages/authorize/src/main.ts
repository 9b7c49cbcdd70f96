import { createAuditSink } from '@sallyport/audit-log';
import { loadServiceKeys, runService } from '@sallyport/kit';
import { createSessionStores } from '@sallyport/stores';
import { checkAuthorize } from './check-authorize.ts';
import { startAuthorize } from './service/start-authorize.ts';

await runService({
  name: 'authorize',
  adminListen: ({ config }) => config.services.authorize.adminListen,
  check: checkAuthorize,
  async start({ loaded, logger, metrics, readiness }) {
    const { verifier } = loadServiceKeys(loaded, 'authorize', Date.now);
    const stores = await createSessionStores(loaded.config.sessions, {
      logger,
      now: Date.now,
      resolvePath: loaded.resolvePath,
    });
    const sink = createAuditSink(loaded.config.audit, {
      logger,
      metrics,
      now: Date.now,
      resolvePath: loaded.resolvePath,
      clientId: 'sallyport-authorize',
    });
    const authorize = await startAuthorize({
      loaded,
      logger,
      metrics,
      readiness,
      verifier,
      sessions: stores.sessions,
      replicas: stores.replicas,
      streams: stores.streams,
      sink,
      now: Date.now,
    });
    return {
      reload: () => authorize.reload(),
      async close() {
        await authorize.close();
        await sink.close();
        await stores.close();
      },
    };
  },
});
