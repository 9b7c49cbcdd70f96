import { openAuditSink } from '@sallyport/audit-log';
import { loadServiceKeys, runService } from '@sallyport/kit';
import { checkProxy } from './check-proxy.ts';
import { startProxy } from './start-proxy.ts';

await runService({
  name: 'proxy',
  adminListen: ({ config }) => config.services.proxy.adminListen,
  check: checkProxy,
  async start({ loaded, logger, metrics, readiness }) {
    const sink = await openAuditSink(loaded.config.audit, {
      logger,
      metrics,
      now: Date.now,
      resolvePath: loaded.resolvePath,
      service: 'proxy',
    });
    const { identity } = loadServiceKeys(loaded, 'proxy', Date.now);
    const proxy = await startProxy({ loaded, logger, metrics, readiness, identity, sink, now: Date.now });
    return {
      reload: () => proxy.reload(),
      async close() {
        await proxy.close();
        await sink.close();
      },
    };
  },
});
