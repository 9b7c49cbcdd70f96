import { fieldOf } from '../../input/field-of.ts';
import { expectKube } from '../kube/expect-kube.ts';
import type { KubeClient } from '../kube/kube-client.ts';

/** Whether an API server has constrained impersonation (KEP-5284), as far as its version says. */
export type ConstrainedImpersonation = 'no' | 'off by default' | 'on by default';
export type KubernetesVersion = { version: string; constrainedImpersonation: ConstrainedImpersonation | 'unknown' };

const [alphaMinor, betaMinor] = [35, 36];

function constrained(minor: number): KubernetesVersion['constrainedImpersonation'] {
  if (Number.isNaN(minor)) return 'unknown';
  return minor < alphaMinor ? 'no' : minor < betaMinor ? 'off by default' : 'on by default';
}

/** Reads the version of a cluster. */
export async function readVersion(client: KubeClient): Promise<KubernetesVersion> {
  const body = expectKube(await client.ask({ path: '/version' }), { verb: 'get', what: '/version' });
  const version = fieldOf(body, 'gitVersion');
  const text = typeof version === 'string' ? version.slice(0, 100) : 'unknown';
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(text) ?? [];
  return { version: text, constrainedImpersonation: major === '1' ? constrained(Number(minor)) : 'unknown' };
}
