#!/usr/bin/env node
import { runService } from '@sallyport/kit';
import { checkAuditConfig } from './check-audit-config.ts';
import { startAudit } from './start-audit.ts';

await runService({
  name: 'audit',
  adminListen: (loaded) => loaded.config.services.audit.adminListen,
  check: checkAuditConfig,
  start: startAudit,
});
