import { createAuditSink } from '@sallyport/audit-log';
import { loadServiceKeys, runService } from '@sallyport/kit';
import { createSessionStores } from '@sallyport/stores';
import { reportAll } from './report-all.ts';
import { compileConfigPolicies } from './policies/compile-config-policies.ts';
import { startAuthorize } from './service/start-authorize.ts';

await runService({
  name: 'authorize',
  adminListen: ({ config }) => config.services.authorize.adminListen,
  check: (loaded) =>
    reportAll(loaded.file, [() => loadServiceKeys(loaded, 'authorize', Date.now), () => compileConfigPolicies(loaded)]),
  async start({ loaded, logger, metrics, readiness }) {
    const { verifier } = loadServiceKeys(loaded, 'authorize', Date.now);
    if ('memory' in loaded.config.sessions)
      logger.warn(
        'sessions are kept in the memory of this process, where authenticate cannot store any, so no login will be valid; set sessions.redis',
      );
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
