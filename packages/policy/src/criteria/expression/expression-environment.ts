import { Environment } from '@marcbachmann/cel-js';

/** Limits of an expression. */
export const expressionLimits = { length: 2048, nodes: 512, depth: 100, loops: 2 };

function createEnvironment(): Environment {
  const environment = new Environment({
    limits: {
      maxAstNodes: expressionLimits.nodes,
      maxDepth: 32,
      maxListElements: 128,
      maxMapEntries: 32,
      maxCallArguments: 4,
    },
  });
  const claims = 'map<string, dyn>';
  return environment
    .registerVariable({
      name: 'request',
      schema: { method: 'string', path: 'string', host: 'string', ip: 'string', headers: 'map<string, string>' },
    })
    .registerVariable({ name: 'user', schema: { id: 'string', email: 'string', groups: 'list<string>', claims } })
    .registerVariable({
      name: 'session',
      schema: { id: 'string', claims, acr: 'string', amr: 'list<string>', authTime: 'google.protobuf.Timestamp' },
    })
    .registerVariable({ name: 'cluster', schema: { name: 'string' } })
    .registerVariable({
      name: 'kubernetes',
      schema: {
        cluster: 'string',
        verb: 'string',
        requestVerb: 'string',
        isResourceRequest: 'bool',
        path: 'string',
        apiGroup: 'string',
        apiVersion: 'string',
        resource: 'string',
        subresource: 'string',
        namespace: 'string',
        name: 'string',
        labelSelector: 'string',
        fieldSelector: 'string',
        dryRun: 'bool',
        namespaced: 'bool',
        aggregated: 'bool',
        upsert: 'bool',
        upgrade: 'bool',
        impersonate: 'list<string>',
        exec: { container: 'string', command: 'list<string>', tty: 'bool', stdin: 'bool' },
      },
    })
    .registerVariable('elevations', 'list<string>')
    .registerVariable('now', 'google.protobuf.Timestamp');
}

let environment: Environment | undefined;

/**
 * Returns the variables of expressions with their types, so that compiling finds a misspelled one. Created on first
 * use.
 */
export function expressionEnvironment(): Environment {
  environment ??= createEnvironment();
  return environment;
}
