import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { auditEventTypes } from '@sallyport/contracts';
import { isFullRun } from '@sallyport/kit/testing';

/** The environment variable with the file for the numbers of validated events by type, one object per line. */
const variable = 'SALLYPORT_AUDIT_COUNTS';

/** Begins to count the validated events of this run. */
export function beginAuditCounts(): void {
  process.env[variable] = path.join(tmpdir(), `sallyport-audit-counts-${process.pid}.ndjson`);
}

/** Adds to the numbers of validated events by type. */
export function addAuditCounts(counts: Readonly<Record<string, number>>): void {
  const file = process.env[variable];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(counts)}\n`);
}

/** Returns a sentence about the events of this run, and in a full run the types that no test has produced. */
export function endAuditCounts(): string {
  const file = process.env[variable];
  const totals = new Map<string, number>();
  if (file !== undefined && existsSync(file)) {
    for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean))
      for (const [type, count] of Object.entries(JSON.parse(line) as Record<string, number>))
        totals.set(type, (totals.get(type) ?? 0) + count);
    rmSync(file);
  }
  const sum = [...totals.values()].reduce((total, count) => total + count, 0);
  const seen = [...totals].toSorted(([, a], [, b]) => b - a).map(([type, count]) => `${type} ${count}`);
  const text = `audit: ${sum} events validated against docs/schemas: ${seen.join(', ') || 'none'}`;
  if (!isFullRun) return text;
  const missing = auditEventTypes.filter((type) => !totals.has(type));
  return `${text}. Types not seen: ${missing.join(', ') || 'none'}`;
}
