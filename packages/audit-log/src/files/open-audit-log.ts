import type { AuditConfig } from '@sallyport/contracts';
import type { AuditLog } from '../sink/audit-sink.ts';
import { createAuditBus } from '../sink/create-audit-bus.ts';
import { openFileAuditLog, type FileAuditLogConfig, type FileAuditLogDeps } from './open-file-audit-log.ts';

/**
 * Opens the audit log of a process that has all services, if `audit.kafka` names no cluster: in memory with
 * `{memory: true}`, otherwise in files below `data` (see `openFileAuditLog`).
 */
export async function openAuditLog(
  config: FileAuditLogConfig & { audit: Pick<AuditConfig, 'kafka'> },
  deps: FileAuditLogDeps,
): Promise<AuditLog> {
  return config.audit.kafka ? createAuditBus(deps) : openFileAuditLog(config, deps);
}
