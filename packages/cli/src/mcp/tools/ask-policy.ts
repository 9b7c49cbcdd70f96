import type { Asked } from '../../ask/question/read-asked.ts';
import { canISchema, readAnswer } from '../../gateway/answers.ts';
import { expectOk } from '../../gateway/expect-ok.ts';
import { askAsUser, type OpenGateway } from '../../gateway/open-gateway.ts';
import { fieldOf } from '../../input/field-of.ts';

/**
 * Asks the gateway whether its policy allows a request for an object of any name. An agent may ask this, and not why. The gateway gives the same
 * answer for a cluster that does not exist as for one where nothing that was asked about is allowed.
 */
export async function askPolicy(gateway: OpenGateway, cluster: string, asked: Asked): Promise<boolean> {
  const { verb, resource, apiGroup, subresource, namespace } = asked;
  const request = { verb, resource, apiGroup, ...(subresource === '' ? {} : { subresource }) };
  const answer = await askAsUser(gateway, {
    method: 'POST',
    path: '/.sallyport/api/v1/policy/can-i',
    json: { cluster, ...(namespace === '' ? {} : { namespace }), requests: [request] },
  });
  if (answer.status === 404 && fieldOf(answer.body, 'code') === 'not-found') return false;
  const { allowed } = readAnswer(canISchema, expectOk(answer, gateway.address.origin), 'your permissions');
  return allowed.length === 1 && allowed[0] === true;
}
