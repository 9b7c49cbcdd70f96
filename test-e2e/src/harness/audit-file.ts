import { existsSync, readFileSync } from 'node:fs';
import { createAuditCheck } from './audit-check.ts';

type Line = Record<string, unknown> & {
  cloudEvent: { id: string; type: string; source: string; time: string; key: string; specversion: string };
};

/** Validates the events in NDJSON files against the published schemas. Throws if one does not satisfy them. */
export function checkAuditFiles(files: readonly string[]): void {
  const check = createAuditCheck();
  for (const file of files.filter((one) => existsSync(one)))
    // What follows the last line break is not a whole line: its writer was killed, or there is nothing.
    for (const [index, line] of readFileSync(file, 'utf8').split('\n').slice(0, -1).entries()) {
      const { cloudEvent, ...payload } = JSON.parse(line) as Line;
      const { id, type, source, time, specversion, key } = cloudEvent;
      const headers = { ce_id: id, ce_type: type, ce_source: source, ce_time: time, ce_specversion: specversion };
      check.see({ headers: { ...headers, 'content-type': 'application/json' }, key, payload }, `${file}:${index + 1}`);
    }
  check.finish();
}
