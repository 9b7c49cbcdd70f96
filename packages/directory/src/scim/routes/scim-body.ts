import express, { type RequestHandler } from 'express';
import { ScimError } from '../errors/scim-error.ts';

/** Large enough for a group with ten thousand members. */
const maxScimBody = 4 * 1024 * 1024;

const types = ['application/scim+json', 'application/json'];

/** Creates the handlers that read a JSON body of the SCIM or plain JSON media type (RFC 7644 3.1). */
export function scimBody(): RequestHandler[] {
  return [
    (request, _response, next) => {
      if (!request.is(types)) throw new ScimError(415, `The content type must be ${types.join(' or ')}.`);
      next();
    },
    express.json({ limit: maxScimBody, type: types, strict: true }),
  ];
}
