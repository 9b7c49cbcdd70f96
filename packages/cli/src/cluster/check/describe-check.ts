import { forTerminal } from '../../terminal/for-terminal.ts';
import type { Paint, Tone } from '../../terminal/paint.ts';
import { readableTime } from '../../terminal/readable-time.ts';
import type { CheckReport } from './run-check.ts';

function credentialLine({ credential: { kind, source, user, expiresAt } }: CheckReport): string {
  const until = expiresAt === undefined ? 'does not expire' : `until ${readableTime(expiresAt)}`;
  return `the credential is accepted: ${user ?? 'an unknown user'}, ${kind === 'none' ? 'no credential' : until} (${source})`;
}

/** Returns what a check found, a line for each point. */
export function describeCheck(report: CheckReport, paint: Paint): string {
  const { cluster, server, kubernetes, needed, extra, namespaces, faults, warnings } = report;
  const line = (word: string, tone: Tone, text: string) => `  ${paint(word.padEnd(8), tone)} ${forTerminal(text)}\n`;
  const version =
    kubernetes === undefined
      ? ''
      : `: Kubernetes ${kubernetes.version}, constrained impersonation: ${kubernetes.constrainedImpersonation}`;
  const accepted = kubernetes !== undefined;
  return [
    `${forTerminal(`${cluster} at ${server}${version}`)}\n`,
    ...(accepted ? [line('ok', 'good', credentialLine(report))] : []),
    ...needed.filter(({ allowed }) => allowed).map(({ right }) => line('ok', 'good', `it may ${right}`)),
    ...(accepted && extra.length === 0
      ? [line('ok', 'good', `it may do nothing else (RoleBindings were checked in: ${namespaces.join(', ')})`)]
      : []),
    ...warnings.map((text) => line('warning', 'warning', text)),
    ...faults.map((text) => line('fault', 'bad', text)),
  ].join('');
}
