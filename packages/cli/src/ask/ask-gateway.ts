import { readAnswer } from '../gateway/read-answer.ts';
import { explanationSchema, type Explanation } from '@sallyport/contracts/answers';
import { fieldOf } from '../input/untrusted.ts';
import { expectOk, errorDetail } from '../gateway/expect-ok.ts';
import { askAsUser, type OpenGateway } from '../gateway/open-gateway.ts';
import { questionOf, type Asked } from './question/read-asked.ts';

/** Another user whom a question is about. */
type About = { user: string; email?: string; groups?: string[]; claims?: Record<string, unknown>; ip?: string };

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
