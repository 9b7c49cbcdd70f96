import { describeSchema, findField, findKind } from '../objects/describe-schema.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import { chooseCluster, clusterSource, type Tool } from './tool.ts';

/** The tool `explain`. */
export const explainKind: Tool<'explain'> = async ({ cluster: named, resource, field }, call) => {
  const { gateway, clusters, findResource, readOpenApi } = call;
  const cluster = chooseCluster(named, clusters);
  const served = await findResource(gateway, cluster, resource);
  const { group, version, kind } = served;
  const document = await readOpenApi(gateway, cluster, served);
  const schema = findKind(document, served);
  if (schema === undefined)
    throw new CliError('refused', `the cluster does not describe the kind ${kind}`, 'Look at an object with "get".');
  const found = field === undefined ? schema : findField(document, schema, field.split('.'));
  if (found === undefined)
    throw usageError(`${kind} has no field "${field}"`, 'Explain the field above it to see which it has.');
  return {
    about: `${field === undefined ? '' : `${field} of `}kind ${kind}, ${group === '' ? '' : `${group}/`}${version}`,
    data: { text: describeSchema(document, found), source: clusterSource(cluster) },
    notes: ['To see the fields of a field, give field, such as spec.'],
  };
};
