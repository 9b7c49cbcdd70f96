import type { FindResource } from '../cluster/find-resource.ts';
import { describeSchema, findField, findKind } from '../objects/describe-schema.ts';
import type { ReadOpenApi } from '../cluster/read-openapi.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import { type ChooseCluster, clusterSource, type Tool } from './tool.ts';

type Deps = { chooseCluster: ChooseCluster; findResource: FindResource; readOpenApi: ReadOpenApi };

/** Creates the tool `explain`. */
export function createExplainKind({ chooseCluster, findResource, readOpenApi }: Deps): Tool<'explain'> {
  return async ({ cluster: named, resource, field }, { gateway }) => {
    const cluster = chooseCluster(named);
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
}
