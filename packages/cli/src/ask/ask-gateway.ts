import { readAnswer } from '../gateway/answers.ts';
import { expectOk, saidBy } from '../gateway/expect-ok.ts';
import { askAsPerson, type OpenGateway } from '../gateway/open-gateway.ts';
import { currentContext } from '../kubeconfig/current-context.ts';
import { kubeconfigFiles } from '../kubeconfig/kubeconfig-file.ts';
import { explanationSchema, type Explanation } from '../policy/explain/explanation.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { Asked } from './read-asked.ts';

/** Somebody else about whom a question is. */
export type About = { user: string; email?: string; groups?: string[]; claims?: Record<string, unknown>; ip?: string };

/** The cluster that is asked about, and the namespace where none is named: what was said, else where kubectl would go now. */
export async function placeOf(gateway: OpenGateway, named: string | undefined): Promise<{ cluster: string; namespace: string }> {
  const context = await currentContext(kubeconfigFiles(gateway.world), gateway.address);
  const cluster = named ?? context?.cluster;
  if (cluster === undefined) throw new CliError('usage', 'which cluster is not said', 'Name it with --cluster ("sallyport clusters" lists them), or make it kubectl\'s current context.');
  return { cluster, namespace: (context?.cluster === cluster ? context.namespace : undefined) ?? 'default' };
}

/** A question as the gateway takes it: what is empty is left out. */
function questionOf({ path, method, verb, ...asked }: Asked, cluster: string, about: About | undefined): Record<string, unknown> {
  const given = Object.entries(asked).filter(([, value]) => value !== '' && value !== undefined);
  const request = path === undefined ? { verb, ...Object.fromEntries(given) } : { path, ...(method === undefined ? { verb } : { method }) };
  return { cluster, ...request, ...(about === undefined ? {} : { about }) };
}

/** Why a request would be let through or refused, as the gateway says; or what it says where it shows nothing (no such cluster, or nothing of it is the caller's). */
export async function askGateway(gateway: OpenGateway, asked: Asked, cluster: string, about?: About): Promise<{ explanation: Explanation } | { hidden: string }> {
  const answer = await askAsPerson(gateway, { method: 'POST', path: '/.sallyport/api/v1/policy/explain', json: questionOf(asked, cluster, about) });
  if (answer.status === 404 && typeof answer.body === 'object' && (answer.body as { code?: unknown } | null)?.code === 'not-found') return { hidden: saidBy(answer.body) ?? 'There is nothing to be shown.' };
  return { explanation: readAnswer(explanationSchema, expectOk(answer, gateway.address.origin), 'why it decides as it does') };
}
