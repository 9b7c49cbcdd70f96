import type { ImportReport } from './import-report.ts';
import type { Options } from './options.ts';

/** Reports whether the route has options with which it cannot be converted. */
export function hasUnsupportedOption(options: Options, report: ImportReport): boolean {
  const reasons: [string, string][] = [
    [
      'regex',
      'limits the paths by a regular expression, which a policy cannot express; without it, the route would allow more',
    ],
    ['prefix_rewrite', 'rewrites paths, but the upstream must get the path that the policy allowed'],
    ['regex_rewrite_pattern', 'rewrites paths, but the upstream must get the path that the policy allowed'],
    ['redirect', 'answers requests without an upstream'],
    ['response', 'answers requests without an upstream'],
    ['tls_downstream_client_ca', 'requires client certificates on this route only'],
    ['tls_downstream_client_ca_file', 'requires client certificates on this route only'],
  ];
  const found = reasons.filter(([name]) => options.isSet(name));
  for (const [name, why] of found)
    report.notCarried(options.at(name), why, 'The route is left out. Check whether you need this option.');
  for (const name of [
    'regex',
    'regex_priority_order',
    'prefix_rewrite',
    'regex_rewrite_pattern',
    'regex_rewrite_substitution',
    'redirect',
    'response',
    'tls_downstream_client_ca',
    'tls_downstream_client_ca_file',
  ])
    options.raw(name);
  return found.length > 0;
}
