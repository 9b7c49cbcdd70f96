import { listOptions, previewElevation } from '../elevation/call-elevations.ts';
import type { OpenGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { shellWord } from '../terminal/for-terminal.ts';
import type { Asked } from './question/read-asked.ts';

/** How many elevations are tried. Each costs the cluster two questions. */
const most = 4;

const covers = (name: string, asked: string) => name === '*' || name === asked;

/**
 * Finds an elevation that the user may ask for, and with which both the cluster and the policy would allow a request
 * that the cluster refuses. Undefined if there is none, or if it cannot be found out.
 */
export async function findHelpfulElevation(
  gateway: OpenGateway,
  { verb, resource, apiGroup, subresource, namespace, path }: Asked,
  cluster: string,
): Promise<{ name: string; command: string } | undefined> {
  if (path !== undefined || namespace === '') return undefined;
  const kind = subresource === '' ? resource : `${resource}/${subresource}`;
  try {
    const { options } = await listOptions(gateway);
    const there = options.filter(({ places }) => places.some((place) => place.cluster === cluster)).slice(0, most);
    for (const { name } of there) {
      const { gains = [], groups } = await previewElevation(gateway, { name, cluster, namespace });
      const helps = gains.some(
        (gain) =>
          gain.resourceName === undefined &&
          covers(gain.apiGroup, apiGroup) &&
          covers(gain.resource, kind) &&
          gain.verbs.some((one) => covers(one, verb)) &&
          !gain.refusedByPolicy.includes(verb),
      );
      const where = `--cluster ${shellWord(cluster)} -n ${shellWord(namespace)}`;
      if (helps && groups.length > 0) return { name, command: `sallyport elevate ${shellWord(name)} ${where}` };
    }
    return undefined;
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}
