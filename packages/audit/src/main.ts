#!/usr/bin/env node
import { runService } from '@sallyport/kit';
import { checkAudit } from './check-audit.ts';
import { startAudit } from './start-audit.ts';

await runService({
  name: 'audit',
  adminListen: (loaded) => loaded.config.services.audit.adminListen,
  check: checkAudit,
  start: startAudit,
});
