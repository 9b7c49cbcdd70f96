import type { ImportReport } from './import-report.ts';
import type { Options } from './options.ts';
import { unsupportedGlobalOptions } from './unsupported-global-options.ts';
import { nothingToDo, type UnsupportedOptions } from './unsupported-option.ts';
import { unsupportedRouteOptions } from './unsupported-route-options.ts';
import { unsupportedWebRouteOptions } from './unsupported-web-route-options.ts';

type Explanation = { readonly why: string; readonly instead: string };

const byName = (rows: readonly UnsupportedOptions[]): ReadonlyMap<string, Explanation> =>
  new Map(rows.flatMap(([names, why, instead]) => names.map((name) => [name, { why, instead }] as const)));
const globalOptions = byName(unsupportedGlobalOptions);
const routeOptions = byName(unsupportedRouteOptions);
const webRouteOptions = byName([...unsupportedRouteOptions, ...unsupportedWebRouteOptions]);
const globalPrefixes: readonly [string, Explanation][] = [
  [
    'tracing_',
    {
      why: 'has no counterpart',
      instead: "Follow a request by its Audit-ID, in the audit trail and in the cluster's own log.",
    },
  ],
  ['envoy_', { why: 'there is no Envoy here', instead: nothingToDo }],
  ['autocert_', globalOptions.get('autocert')!],
];

/** Reports every option that was not read, with the reason why it is not carried over and what to do instead. */
export function reportUnsupportedOptions(
  options: Options,
  kind: 'global' | 'route' | 'web',
  report: ImportReport,
): void {
  for (const name of options.unread()) {
    const explanation =
      kind !== 'global'
        ? (kind === 'web' ? webRouteOptions : routeOptions).get(name)
        : (globalOptions.get(name) ?? globalPrefixes.find(([prefix]) => name.startsWith(prefix))?.[1]);
    report.notCarried(
      options.at(name),
      explanation?.why ?? 'is not a known option of Pomerium',
      explanation?.instead ?? 'Check the spelling. If Pomerium has this option, check whether you still need it.',
    );
  }
}
