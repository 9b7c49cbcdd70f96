import { Router } from 'express';
import { ScimError } from '../answer/scim-error.ts';
import { sendScim } from '../answer/send-scim.ts';
import { publishSchemas } from '../schema/publish-schema.ts';
import { groupSchema, userSchema } from '../schema/schemas.ts';
import { listUrn, maxResults } from './read-request.ts';

function serviceProviderConfig(baseUrl: string): object {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: maxResults },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'A token from the configuration of the gateway.',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${baseUrl}/ServiceProviderConfig` },
  };
}

function resourceTypes(baseUrl: string): { id: string }[] {
  return [userSchema, groupSchema].map(({ name, endpoint, description, urn, extension }) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    id: name,
    name,
    endpoint: `/${endpoint}`,
    description,
    schema: urn,
    ...(extension ? { schemaExtensions: [{ schema: extension.urn, required: false }] } : {}),
    meta: { resourceType: 'ResourceType', location: `${baseUrl}/ResourceTypes/${name}` },
  }));
}

/** Creates the routes that describe the capabilities and resources of the service (RFC 7644 4). */
export function discovery(baseUrl: string): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const lists: Record<string, { id: string }[]> = {
    '/Schemas': [userSchema, groupSchema].flatMap((schema) => publishSchemas(schema, baseUrl)),
    '/ResourceTypes': resourceTypes(baseUrl),
  };
  router.get('/ServiceProviderConfig', (_request, response) => sendScim(response, 200, serviceProviderConfig(baseUrl)));
  for (const [path, all] of Object.entries(lists)) {
    router.get(path, (_request, response) =>
      sendScim(response, 200, {
        schemas: [listUrn],
        totalResults: all.length,
        itemsPerPage: all.length,
        startIndex: 1,
        Resources: all,
      }),
    );
    router.get(`${path}/:id`, (request, response) => {
      const found = all.find(({ id }) => id === request.params['id']);
      if (!found) throw new ScimError(404, 'The resource does not exist.');
      sendScim(response, 200, found);
    });
  }
  return router;
}
