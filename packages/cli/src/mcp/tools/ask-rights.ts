import { askCluster } from '../../ask/ask-cluster.ts';
import { askGateway } from '../../ask/ask-gateway.ts';
import { readAsked } from '../../ask/read-asked.ts';
import type { ChooseCluster } from './choose-cluster.ts';
import { clusterSource, type Tool } from './tool-answer.ts';

const word = (allowed: boolean | undefined) => (allowed === undefined ? 'not known' : allowed ? 'yes' : 'no');

/** Creates the tool `can_i`. It asks the policy of the gateway and the rules of the cluster, and changes nothing. */
export function createAskRights({ chooseCluster }: { chooseCluster: ChooseCluster }): Tool<'can_i'> {
  return async ({ cluster: named, verb, resource, subresource, namespace, name }, { gateway }) => {
    const cluster = chooseCluster(named);
    const notes: string[] = [];
    const asked = readAsked(
      [verb, name === undefined ? resource : `${resource}/${name}`],
      {
        ...(subresource === undefined ? {} : { subresource }),
        ...(namespace === undefined ? { allNamespaces: true } : { namespace }),
      },
      { defaultNamespace: '', warn: (note) => notes.push(note) },
    );
    const found = await askGateway(gateway, asked, cluster);
    const byGateway = 'explanation' in found && found.explanation.decision.effect === 'allow';
    // If the gateway does not show the cluster, it lets no request through to it either.
    const ofCluster = 'hidden' in found ? undefined : await askCluster(gateway, asked, cluster);
    const byCluster = ofCluster?.allowed;
    const allowed = byGateway && byCluster !== false;
    const uncertain = allowed && byCluster === undefined ? ', unless the cluster refuses' : '';
    const said = [
      'hidden' in found ? found.hidden : (found.explanation.detail ?? `rule "${found.explanation.decision.rule}"`),
      ofCluster?.reason ?? '',
    ];
    return {
      about: [
        `${allowed ? 'Yes' : 'No'}${uncertain}.`,
        `By the policy of the gateway: ${word(byGateway)}. By the rules of the cluster: ${word(byCluster)}.`,
      ].join(' '),
      data: {
        text: `gateway: ${said[0]}\ncluster: ${said[1]}\n`,
        source: `the gateway and ${clusterSource(cluster)}: their reasons`,
      },
      notes,
      structured: { allowed, gateway: byGateway, cluster: byCluster ?? null },
    };
  };
}
