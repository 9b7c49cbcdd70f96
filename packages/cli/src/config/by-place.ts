import type { ConfigFault } from './gateway-config.ts';

/** Compares faults or warnings by file, line and column. */
export function byPlace(a: ConfigFault, b: ConfigFault): number {
  return (
    (a.file ?? '').localeCompare(b.file ?? '') || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
  );
}
