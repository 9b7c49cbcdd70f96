import { readAnswer } from '../gateway/read-answer.ts';
import { explanationSchema, type Explanation } from '@sallyport/contracts/answers';
import { fieldOf } from '../input/untrusted.ts';
import { expectOk, errorDetail } from '../gateway/expect-ok.ts';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import { askAsUser, openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { kubectlContext, kubeconfigFiles } from '../kubectl/read-kubeconfigs.ts';
import { usageError } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';
import { questionOf, type Asked } from './question/read-asked.ts';

/** Another user whom a question is about. */
type About = { user: string; email?: string; groups?: string[]; claims?: Record<string, unknown>; ip?: string };

/** Returns the gateway, the cluster and the default namespace: from the options, or from the context of kubectl. */
export async function openPlace(
  environment: Environment,
  named: GatewayNames & { cluster?: string },
): Promise<{ gateway: OpenGateway; cluster: string; namespace: string }> {
  const gateway = await openGateway(environment, named);
  const place = (await kubectlContext(kubeconfigFiles(environment), named.context))?.place;
  const context = place?.gateway.origin === gateway.address.origin ? place : undefined;
  const cluster = named.cluster ?? context?.cluster;
  if (cluster === undefined)
    throw usageError(
      'no cluster is given',
      'Name it with --cluster ("sallyport clusters" lists them), or make it the current context of kubectl.',
    );
  return { gateway, cluster, namespace: (context?.cluster === cluster ? context.namespace : undefined) ?? 'default' };
}

/**
 * Asks the gateway why a request is allowed or refused. Returns `hidden`, with its words, if it explains nothing because
 * there is no such cluster.
 */
export async function askGateway(
  gateway: OpenGateway,
  asked: Asked,
  cluster: string,
  about?: About,
): Promise<{ explanation: Explanation } | { hidden: string }> {
  const answer = await askAsUser(gateway, {
    method: 'POST',
    path: '/.sallyport/api/v1/policy/explain',
    json: { cluster, ...questionOf(asked), ...(about === undefined ? {} : { about }) },
  });
  if (answer.status === 404 && fieldOf(answer.body, 'code') === 'not-found')
    return { hidden: errorDetail(answer.body) ?? 'There is nothing to show.' };
  return {
    explanation: readAnswer(explanationSchema, expectOk(answer, gateway.address.origin), 'the explanation'),
  };
}
