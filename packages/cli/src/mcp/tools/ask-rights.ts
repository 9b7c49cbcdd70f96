import { canIAnswerSchema } from '@sallyport/contracts/answers';
import { readAnswer } from '../../gateway/read-answer.ts';
import { askCluster, type ClusterAnswer } from '../../ask/ask-cluster.ts';
import { readAsked, type Asked } from '../../ask/question/read-asked.ts';
import { type OpenGateway, askAsUser } from '../../gateway/open-gateway.ts';
import { chooseCluster, clusterSource, type Tool, type ToolCall } from './tool.ts';
import { expectOk } from '../../gateway/expect-ok.ts';
import { fieldOf } from '../../input/untrusted.ts';

/**
 * Asks the gateway whether its policy allows a request for an object of any name. An agent may ask this, and not why.
 * The gateway gives the same answer for a cluster that does not exist as for one where nothing that was asked about is
 * allowed.
 */
async function askPolicy(gateway: OpenGateway, cluster: string, asked: Asked): Promise<boolean> {
  const { verb, resource, apiGroup, subresource, namespace } = asked;
  const request = { verb, resource, apiGroup, ...(subresource === '' ? {} : { subresource }) };
  const answer = await askAsUser(gateway, {
    method: 'POST',
    path: '/.sallyport/api/v1/policy/can-i',
    json: { cluster, ...(namespace === '' ? {} : { namespace }), requests: [request] },
  });
  if (answer.status === 404 && fieldOf(answer.body, 'code') === 'not-found') return false;
  const { allowed } = readAnswer(canIAnswerSchema, expectOk(answer, gateway.address.origin), 'your permissions');
  return allowed.length === 1 && allowed[0] === true;
}

const word = (allowed: boolean | undefined) => (allowed === undefined ? 'not known' : allowed ? 'yes' : 'no');
const anyName = 'The gateway was asked about objects of any name. A rule about this name can differ.';
const why = 'The reason is not told here. Your user can run: sallyport policy explain';

/** Asks a cluster for its own rules, unless an earlier answer was that this credential may not ask. */
async function askRules(asked: Asked, cluster: string, { gateway, unasked }: ToolCall): Promise<ClusterAnswer> {
  // Each try of an agent would leave a refusal in the audit trail.
  if (unasked.has(cluster)) return { allowed: undefined, reason: '' };
  const answer = await askCluster(gateway, asked, cluster);
  if (answer.allowed === undefined) unasked.add(cluster);
  return answer;
}

/** Asks the policy of the gateway and the rules of the cluster, and changes nothing. */
export const askRights: Tool<'can_i'> = async (given, call) => {
  const { verb, resource, subresource, namespace, name } = given;
  const cluster = chooseCluster(given.cluster, call.clusters);
  const notes: string[] = [];
  const asked = readAsked(
    [verb, name === undefined ? resource : `${resource}/${name}`],
    {
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? { allNamespaces: true } : { namespace }),
    },
    { defaultNamespace: '', warn: (note) => notes.push(note) },
  );
  const byGateway = await askPolicy(call.gateway, cluster, asked);
  const ofCluster = byGateway ? await askRules(asked, cluster, call) : undefined;
  const byCluster = ofCluster?.allowed;
  const allowed = byGateway && byCluster !== false;
  const uncertain = allowed && byCluster === undefined ? ', unless the cluster refuses' : '';
  const rules = `By the policy of the gateway: ${word(byGateway)}. By the rules of the cluster: ${word(byCluster)}.`;
  const reason = ofCluster?.reason ?? '';
  return {
    about: `${allowed ? 'Yes' : 'No'}${uncertain}. ${rules}`,
    ...(reason === '' ? {} : { data: { text: reason, source: `${clusterSource(cluster)}: its reason` } }),
    notes: [...notes, ...(name === undefined ? [] : [anyName]), ...(byGateway ? [] : [why])],
    structured: { allowed, gateway: byGateway, cluster: byCluster ?? null },
  };
};
