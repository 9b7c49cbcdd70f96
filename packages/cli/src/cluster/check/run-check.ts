import { dayMs } from '@sallyport/contracts/text';
import type { Traced } from '../../terminal/trace.ts';
import { fieldOf } from '../../input/untrusted.ts';
import { type KubeAnswer, type KubeClient, createKubeClient, expectKube, statusMessage } from '../kube/kube-client.ts';
import { hasRight, rightName } from '../kube/require-rights.ts';
import { neededRights } from './expected-rules.ts';
import { findExtraRights, type FoundRight } from './find-extra-rights.ts';
import {
  type ConfiguredCluster,
  type Credential,
  findCluster,
  openConfigured,
  type OpenOptions,
} from './open-configured.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import { type Paint, type Tone, createPaint } from '../../terminal/paint.ts';
import { readableTime, rfc3339 } from '../../terminal/times.ts';
import { loadGatewayConfig } from '../../config/load-gateway-config.ts';
import type { Environment } from '../../environment/environment.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { type OutputFormat, writeResult } from '../../terminal/output.ts';
import { startSpinner } from '../../terminal/progress.ts';

/** Whether an API server has constrained impersonation (KEP-5284), as far as its version says. */
type ConstrainedImpersonation = 'no' | 'off by default' | 'on by default';
type KubernetesVersion = { version: string; constrainedImpersonation: ConstrainedImpersonation | 'unknown' };

const [alphaMinor, betaMinor] = [35, 36];

function constrained(minor: number): KubernetesVersion['constrainedImpersonation'] {
  if (Number.isNaN(minor)) return 'unknown';
  return minor < alphaMinor ? 'no' : minor < betaMinor ? 'off by default' : 'on by default';
}

/** Reads the version of a cluster. */
async function readVersion(client: KubeClient): Promise<KubernetesVersion> {
  const body = expectKube(await client.ask({ path: '/version' }), { verb: 'get', what: '/version' });
  const version = fieldOf(body, 'gitVersion');
  const text = typeof version === 'string' ? version.slice(0, 100) : 'unknown';
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(text) ?? [];
  return { version: text, constrainedImpersonation: major === '1' ? constrained(Number(minor)) : 'unknown' };
}

/** What `cluster check` found. Times are in milliseconds. */
export type CheckReport = {
  cluster: string;
  server: string;
  kubernetes: KubernetesVersion | undefined;
  credential: { kind: Credential['kind']; source: string; user: string | undefined; expiresAt: number | undefined };
  /** Each right that the gateway needs, and whether it has it. */
  needed: { right: string; allowed: boolean }[];
  /** What it may do and should not. */
  extra: FoundRight[];
  /** The namespaces whose RoleBindings count in `extra`. */
  namespaces: string[];
  /** What keeps the gateway from doing its work. */
  faults: string[];
  warnings: string[];
};

const accountName = /^system:serviceaccount:([^:]+):[^:]+$/;

/** Asks who the credential is (SelfSubjectReview). A cluster before 1.28 does not say. */
async function askWho(client: KubeClient): Promise<KubeAnswer> {
  return client.ask({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    json: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  });
}

function warnOfExpiry({ expiresAt, issuedAt }: Credential, now: number): string[] {
  if (expiresAt === undefined) return [];
  const soon = issuedAt === undefined ? dayMs : (expiresAt - issuedAt) / 4;
  return expiresAt - now < soon ? ['the credential expires soon. Renew it before then'] : [];
}

/** Returns the namespaces whose RoleBindings are looked at: usual ones, the account's own, and those of the policy. */
function namespacesOf({ config }: ConfiguredCluster, user: string | undefined): string[] {
  const named = (config.namespaces ?? []).flatMap(({ match }) => match).filter((name) => !name.includes('*'));
  const own = accountName.exec(user ?? '')?.[1];
  return [...new Set(['default', 'kube-system', ...(own === undefined ? [] : [own]), ...named])];
}

/** Checks that the gateway may do in a cluster what it must, and nothing more. */
export async function runCheck(configured: ConfiguredCluster, traced: Traced, now: number): Promise<CheckReport> {
  const { config, access, credential } = configured;
  const client = createKubeClient(access, traced);
  const who = await askWho(client);
  const report: CheckReport = {
    cluster: config.name,
    server: access.server,
    kubernetes: undefined,
    credential: {
      kind: credential.kind,
      source: credential.source,
      user: credential.claims?.subject,
      expiresAt: credential.expiresAt,
    },
    needed: [],
    extra: [],
    namespaces: [],
    faults: [],
    warnings: [],
  };
  if (who.status === 401)
    return {
      ...report,
      faults: [`the cluster does not accept the credential: ${statusMessage(who) || 'Unauthorized'}`],
    };
  if (who.status !== 404) {
    const info = fieldOf(
      fieldOf(expectKube(who, { verb: 'create', what: 'selfsubjectreviews' }), 'status'),
      'userInfo',
    );
    const user = fieldOf(info, 'username');
    if (typeof user === 'string') report.credential.user = user;
  }
  report.kubernetes = await readVersion(client);
  for (const right of neededRights(config))
    report.needed.push({ right: rightName(right), allowed: await hasRight(client, right) });
  report.faults = report.needed.filter(({ allowed }) => !allowed).map(({ right }) => `it may not ${right}`);
  report.namespaces = namespacesOf(configured, report.credential.user);
  const { extra, incomplete } = await findExtraRights(client, config, {
    namespaces: report.namespaces,
    mayImpersonate: report.needed.some(({ right, allowed }) => allowed && right === 'impersonate users'),
  });
  report.extra = extra;
  report.warnings = [
    ...warnOfExpiry(credential, now),
    ...extra.map(
      ({ right, namespaces }) =>
        `it may ${right}${namespaces === undefined ? '' : ` in ${namespaces.join(', ')}`}, which it should not`,
    ),
    ...(incomplete
      ? ['the cluster lists its rights incompletely, because it does not only use RBAC. There may be more']
      : []),
  ];
  return report;
}

function credentialLine({ credential: { kind, source, user, expiresAt } }: CheckReport): string {
  const until = expiresAt === undefined ? 'does not expire' : `until ${readableTime(expiresAt)}`;
  return `the credential is accepted: ${user ?? 'an unknown user'}, ${kind === 'none' ? 'no credential' : until} (${source})`;
}

/** Describes the findings of a check, a line for each point. */
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

export type CheckOptions = OpenOptions & { output: OutputFormat; config?: string; strict?: boolean };

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Returns the report for programs. */
function dataOf(report: CheckReport) {
  const { credential, faults } = report;
  const { expiresAt } = credential;
  return {
    ...report,
    ok: faults.length === 0,
    credential: { ...credential, expiresAt: expiresAt === undefined ? undefined : rfc3339(expiresAt) },
  };
}

export async function checkCluster(environment: Environment, name: string, options: CheckOptions): Promise<void> {
  const loaded = await loadGatewayConfig(environment, options.config);
  const configured = await openConfigured(environment, loaded, findCluster(loaded, name), options);
  const spinner = await startSpinner(environment, `Asking ${configured.access.server}`);
  const report = await runCheck(configured, environment, environment.now()).finally(() => spinner.stop());
  await writeResult(environment, options.output, dataOf(report), () => describeCheck(report, createPaint(environment)));
  const { faults, warnings } = report;
  if (faults.length > 0)
    throw new CliError(
      'failed',
      `${counted(faults.length, 'fault')}: the gateway cannot do its work in the cluster "${name}"`,
      `With a kubeconfig of its administrator, run: sallyport cluster add ${name} --kubeconfig FILE`,
    );
  if (options.strict === true && warnings.length > 0)
    throw new CliError(
      'failed',
      counted(warnings.length, 'warning'),
      'Without --strict, warnings do not cause a failure.',
    );
}
