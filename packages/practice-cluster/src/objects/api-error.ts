import { createStatus, type Status, type StatusDetails } from '@sallyport/kubernetes';
import type { KubeObject } from './kube-object.ts';

/** An error response, worded like the API server's. */
export class ApiError extends Error {
  readonly status: Status;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.name = 'ApiError';
    this.status = createStatus({ code, reason, message, details });
  }
}

type Named = { group: string; resource: string };

function qualified({ group, resource }: Named): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** Returns what the details of a Status say about a resource or an object. */
export function about(kind: Named, name: string): StatusDetails {
  return { name, ...(kind.group !== '' && { group: kind.group }), kind: kind.resource };
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function unauthorized(): ApiError {
  return new ApiError(401, 'Unauthorized', 'Unauthorized');
}

/** Returns the error for a path, resource or subresource that does not exist. */
export function unknownResource(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function notFound(kind: Named, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${qualified(kind)} "${name}" not found`, about(kind, name));
}

export function alreadyExists(kind: Named, name: string): ApiError {
  return new ApiError(409, 'AlreadyExists', `${qualified(kind)} "${name}" already exists`, about(kind, name));
}

export function conflict(
  kind: Named,
  name: string,
  why = 'the object has been modified; please apply your changes to the latest version and try again',
): ApiError {
  return new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(kind)} "${name}": ${why}`,
    about(kind, name),
  );
}

export function methodNotAllowed(
  message = 'the server does not allow this method on the requested resource',
): ApiError {
  return new ApiError(405, 'MethodNotAllowed', message, {});
}

export function unsupportedMediaType(message: string): ApiError {
  return new ApiError(415, 'UnsupportedMediaType', message);
}

/** Returns the error for an invalid object. `field` is a path, and `fault` starts with a capital letter. */
export function invalid({ apiVersion, kind, metadata }: KubeObject, field: string, fault: string): ApiError {
  const { name = '' } = metadata;
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0]! : '';
  return new ApiError(
    422,
    'Invalid',
    `${qualified({ group, resource: kind })} "${name}" is invalid: ${field}: ${fault}`,
    {
      ...about({ group, resource: kind }, name),
      causes: [{ reason: 'FieldValueInvalid', message: fault, field }],
    },
  );
}
