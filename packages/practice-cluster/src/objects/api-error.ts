import { createStatus, type Status, type StatusDetails } from '@sallyport/kubernetes';

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

function about(kind: Named, name: string): StatusDetails {
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
export function invalid(kind: { group: string; kind: string }, name: string, field: string, fault: string): ApiError {
  return new ApiError(
    422,
    'Invalid',
    `${kind.kind}${kind.group === '' ? '' : `.${kind.group}`} "${name}" is invalid: ${field}: ${fault}`,
    {
      name,
      ...(kind.group !== '' && { group: kind.group }),
      kind: kind.kind,
      causes: [{ reason: 'FieldValueInvalid', message: fault, field }],
    },
  );
}
