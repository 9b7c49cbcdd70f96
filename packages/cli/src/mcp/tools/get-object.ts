import { stringify } from 'yaml';
import { requireReadable } from '../cluster/find-resource.ts';
import { readDocument } from '../cluster/read-cluster.ts';
import { objectPath, resourceName } from '../cluster/served-resource.ts';
import { cleanObject, selectField } from '../objects/clean-object.ts';
import { usageError } from '../../terminal/cli-error.ts';
import { chooseCluster, clusterSource, type Tool, refuseSecrets } from './tool.ts';

/** The tool `get`. */
export const getObject: Tool<'get'> = async ({ cluster: named, resource, name, namespace, field }, call) => {
  const { gateway, clusters, findResource, shown } = call;
  const cluster = chooseCluster(named, clusters);
  const served = requireReadable(await findResource(gateway, cluster, resource), 'get', namespace);
  refuseSecrets(served, shown.secrets);
  const object = await readDocument(gateway, { cluster, path: objectPath(served, { namespace, name }) });
  const cleaned = cleanObject(object, shown);
  const part = field === undefined ? cleaned : selectField(cleaned, field);
  if (part === undefined)
    throw usageError(`the object has no field "${field}"`, 'Ask without a field to see which it has.');
  const place = namespace === undefined ? '' : ` in namespace ${namespace}`;
  return {
    about: `${field === undefined ? '' : `${field} of `}${resourceName(served)}/${name}${place}, as YAML`,
    data: { text: stringify(part, { lineWidth: 0, aliasDuplicateObjects: false }), source: clusterSource(cluster) },
    ...(field === undefined ? { notes: ['To see one part only, give field, such as status.'] } : {}),
  };
};
