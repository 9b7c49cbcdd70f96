#!/usr/bin/env node
import process from 'node:process';
import { proxyEnvironment, runService } from '@sallyport/kit';
import { startTracing } from '@sallyport/kit/tracing';
import { checkAuthenticate } from './check-authenticate.ts';
import { startAuthenticate } from './start-authenticate.ts';

const environment = proxyEnvironment(process.env);

await runService({
  name: 'authenticate',
  adminListen: ({ config }) => config.services.authenticate.adminListen,
  check: checkAuthenticate,
  async start(parts) {
    const tracer = await startTracing({ ...parts, service: 'authenticate' });
    const service = await startAuthenticate({ ...parts, environment, tracer });
    return {
      async close() {
        await service.close();
        await tracer?.close();
      },
    };
  },
});
