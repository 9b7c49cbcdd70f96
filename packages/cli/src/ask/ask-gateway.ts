import { fieldOf } from '../input/field-of.ts';
import { readAnswer } from '../gateway/answers.ts';
import { expectOk, saidBy } from '../gateway/expect-ok.ts';
import { askAsPerson, openGateway, openGatewayAt, type OpenGateway } from '../gateway/open-gateway.ts';
import { findHome } from '../home/home.ts';
import { openKnownGateways } from '../home/known-gateways.ts';
import { currentContext } from '../kubeconfig/current-context.ts';
import { kubeconfigFiles } from '../kubeconfig/kubeconfig-file.ts';
import { explanationSchema, type Explanation } from '../policy/explain/explanation.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';
import type { Asked } from './read-asked.ts';

/** Somebody else about whom a question is. */
export type About = { user: string; email?: string; groups?: string[]; claims?: Record<string, unknown>; ip?: string };

/**
 * The gateway that is asked, the cluster it is asked about, and the namespace where none is named: what was said, else
 * where kubectl would go now.
 */
export async function openPlace(
  environment: Environment,
  named: { gateway?: string; cluster?: string },
): Promise<{ gateway: OpenGateway; cluster: string; namespace: string }> {
  const found = await currentContext(kubeconfigFiles(environment));
  // kubectl logs in by itself, without making its gateway the one that is meant from then on.
  const byContext =
    named.gateway === undefined &&
    found !== undefined &&
    openKnownGateways(findHome(environment)).current() === undefined;
  const gateway = byContext
    ? openGatewayAt(environment, { origin: found.origin, scheme: found.scheme, authority: found.authority })
    : openGateway(environment, named.gateway);
  const context = found?.origin === gateway.address.origin ? found : undefined;
  const cluster = named.cluster ?? context?.cluster;
  if (cluster === undefined)
    throw new CliError(
      'usage',
      'which cluster is not said',
      'Name it with --cluster ("sallyport clusters" lists them), or make it kubectl\'s current context.',
    );
  return { gateway, cluster, namespace: (context?.cluster === cluster ? context.namespace : undefined) ?? 'default' };
}

/** A question as the gateway takes it: what is empty is left out. */
function questionOf(
  { path, method, verb, ...asked }: Asked,
  cluster: string,
  about: About | undefined,
): Record<string, unknown> {
  const given = Object.entries(asked).filter(([, value]) => value !== '' && value !== undefined);
  const request =
    path === undefined
      ? { verb, ...Object.fromEntries(given) }
      : { path, ...(method === undefined ? { verb } : { method }) };
  return { cluster, ...request, ...(about === undefined ? {} : { about }) };
}

/**
 * Why a request would be let through or refused, as the gateway says; or what it says where it shows nothing (no such
 * cluster, or nothing of it is the caller's).
 */
export async function askGateway(
  gateway: OpenGateway,
  asked: Asked,
  cluster: string,
  about?: About,
): Promise<{ explanation: Explanation } | { hidden: string }> {
  const answer = await askAsPerson(gateway, {
    method: 'POST',
    path: '/.sallyport/api/v1/policy/explain',
    json: questionOf(asked, cluster, about),
  });
  if (answer.status === 404 && fieldOf(answer.body, 'code') === 'not-found')
    return { hidden: saidBy(answer.body) ?? 'There is nothing to be shown.' };
  return {
    explanation: readAnswer(explanationSchema, expectOk(answer, gateway.address.origin), 'why it decides as it does'),
  };
}
