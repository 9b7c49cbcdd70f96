import express, { type RequestHandler } from 'express';
import { ScimError } from '../errors/scim-error.ts';

/** A group with some ten thousand members fits in. */
export const maxScimBody = 4 * 1024 * 1024;

const types = ['application/scim+json', 'application/json'];

/** Reads the JSON body of a request, of SCIM's own type or of the plain one (RFC 7644 3.1). */
export function scimBody(): RequestHandler[] {
  return [
    (request, _response, next) => {
      if (!request.is(types)) throw new ScimError(415, `This address takes ${types.join(' or ')}.`);
      next();
    },
    express.json({ limit: maxScimBody, type: types, strict: true }),
  ];
}
