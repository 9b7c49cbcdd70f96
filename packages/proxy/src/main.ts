import { openAuditSink } from '@sallyport/audit-log';
import { loadServiceKeys, runService } from '@sallyport/kit';
import { checkProxy } from './check-proxy.ts';
import { startProxy } from './start-proxy.ts';

await runService({
  name: 'proxy',
  adminListen: ({ config }) => config.services.proxy.adminListen,
  check: checkProxy,
  async start({ loaded, logger, metrics, readiness, releaseMs }) {
    const sink = await openAuditSink(loaded.config.audit, {
      logger,
      metrics,
      now: Date.now,
      resolvePath: loaded.resolvePath,
      service: 'proxy',
    });
    const keys = loadServiceKeys(loaded, 'proxy', Date.now);
    const proxy = await startProxy({ ...keys, loaded, logger, metrics, readiness, sink, now: Date.now, releaseMs });
    const following = keys.follow({ logger, metrics });
    return {
      reload: () => proxy.reload(),
      async close() {
        await proxy.close();
        following.close();
        await sink.close();
      },
    };
  },
});
