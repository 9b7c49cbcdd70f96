import type { ImportReport } from './import-report.ts';
import type { Options } from './options.ts';

/** Reads the address of the route. Reports a fault if it is not a URL. */
export function readFrom(options: Options, report: ImportReport): URL | undefined {
  const from = options.text('from');
  if (from === undefined)
    report.fault(options.at('from'), 'is missing', 'every route needs the address that users type');
  else if (!URL.canParse(from) || new URL(from).host === '')
    report.fault(options.at('from'), 'is not a URL', 'write it like https://app.example.com');
  else return new URL(from);
  return undefined;
}
