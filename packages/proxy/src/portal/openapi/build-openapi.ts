import { problemTable, type ProblemCode } from '@sallyport/contracts';
import { apiOperations, apiPrefix, type ApiOperation } from '@sallyport/contracts/api';
import * as z from 'zod/mini';

type Json = { [name: string]: unknown };

const media = 'application/json';
const nameOf = (call: string): string =>
  call
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');

/** Returns what a schema describes on the wire. What only programs check is left out. */
function describe(schema: z.ZodMiniType): Json {
  const { $schema: _schema, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}

/** Collects the answers that several calls have, each under the name of the first one. */
function createAnswers() {
  const names = new Map<z.ZodMiniType, string>();
  const schemas: Json = {};
  return {
    schemas,
    refer(schema: z.ZodMiniType, call: string): Json {
      const name = names.get(schema) ?? `${nameOf(call)}Answer`;
      if (!names.has(schema)) schemas[name] = describe(schema);
      names.set(schema, name);
      return { $ref: `#/components/schemas/${name}` };
    },
  };
}

function parametersOf(call: string, { query }: ApiOperation): Json[] {
  const ofPath = [...call.matchAll(/:(\w+)/g)].map(([, name]) => {
    return { name, in: 'path', required: true, schema: { type: 'string' } };
  });
  const { properties = {}, required = [] } = query
    ? (describe(query) as { properties?: Json; required?: string[] })
    : {};
  const ofQuery = Object.entries(properties).map(([name, schema]) => {
    return { name, in: 'query', required: required.includes(name), schema };
  });
  return [...ofPath, ...ofQuery];
}

/** Returns the problems that the form of a call and its rules can cause. Others have the same body. */
function problemsOf(call: string, { only, area, query, body, view }: ApiOperation): ProblemCode[] {
  return [
    ...(query || body ? (['bad-request'] as const) : []),
    ...(only === 'anyone' ? [] : (['unauthenticated'] as const)),
    ...(only === 'people' || only === 'policy' || area ? (['forbidden'] as const) : []),
    ...(call.includes(':') ? (['not-found'] as const) : []),
    ...(body ? (['too-large', 'unsupported-media-type'] as const) : []),
    ...(view ? (['too-many-requests'] as const) : []),
    'service-unavailable',
  ];
}

const rights: Record<NonNullable<ApiOperation['only']>, string> = {
  people: 'For people who have logged in, not for programs.',
  policy: 'For those to whom `api.policy.policy` gives the right.',
  anyone: 'For anyone, without a credential.',
};

function rightsOf({ only, area, view }: ApiOperation): string {
  const words = [only ? rights[only] : 'For everyone who is logged in.'];
  if (area && only !== 'policy') words.push(`\`api.policy.${area}\` gives the right to more than your own things.`);
  if (view) words.push(`\`api.policy.${view}\` decides what you see of it.`);
  return words.join(' ');
}

function responsesOf(call: string, operation: ApiOperation, answers: ReturnType<typeof createAnswers>): Json {
  const { status = 200, answer, types } = operation;
  const content = types
    ? Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' } }]))
    : answer && { [media]: { schema: answers.refer(answer, call) } };
  const isEnd = call.startsWith('DELETE ') && call.includes(':');
  const problem = { $ref: '#/components/responses/problem' };
  return {
    ...(content ? { [status]: { description: 'Success', content } } : {}),
    ...(isEnd ? { 204: { description: 'Success' } } : {}),
    ...Object.fromEntries(problemsOf(call, operation).map((code) => [problemTable[code].status, problem])),
    default: problem,
  };
}

function operationOf(call: string, operation: ApiOperation, answers: ReturnType<typeof createAnswers>): Json {
  const { summary, body, bodyType = media, only } = operation;
  const parameters = parametersOf(call, operation);
  return {
    operationId: nameOf(call),
    summary,
    description: rightsOf(operation),
    tags: [call.split('/')[1]!],
    ...(only === 'anyone' ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: { [bodyType]: { schema: describe(body) } } } } : {}),
    responses: responsesOf(call, operation, answers),
  };
}

const problemSchema = {
  type: 'object',
  required: ['code', 'status', 'title', 'detail'],
  properties: {
    code: {
      type: 'string',
      description: 'One of these, or one that a later version adds.',
      examples: Object.keys(problemTable),
    },
    status: { type: 'integer' },
    title: { type: 'string' },
    detail: { type: 'string' },
    retryAfterSeconds: { type: 'integer' },
    ruleMessage: { type: 'string', description: 'What the rule that refused says to the person.' },
  },
};

/** Builds the document that describes the API (OpenAPI 3.1). */
export function buildOpenApi(): Json {
  const answers = createAnswers();
  const paths: { [path: string]: Json } = {};
  for (const [call, operation] of Object.entries<ApiOperation>(apiOperations)) {
    const [method = '', path = ''] = call.split(' ');
    const item = (paths[path.replaceAll(/:(\w+)/g, '{$1}')] ??= {});
    item[method.toLowerCase()] = operationOf(call, operation, answers);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sallyport',
      version: 'v1',
      description:
        'The API of the gateway, which its command line and its console use. Answers may gain members, and lists of words may grow.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: apiPrefix }],
    security: [{ token: [] }, { cookie: [] }],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'The token of a session, an agent or a service account.',
        },
        cookie: { type: 'apiKey', in: 'cookie', name: '__Host-sallyport', description: 'The session of a browser.' },
      },
      responses: {
        problem: {
          description: 'A problem (RFC 9457)',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/problem' } } },
        },
      },
      schemas: { problem: problemSchema, ...answers.schemas },
    },
  };
}
