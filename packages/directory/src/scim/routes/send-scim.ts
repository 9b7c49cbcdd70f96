import type { Response } from 'express';

export const scimType = 'application/scim+json';

/** Sends a JSON body of SCIM's own type. */
export function sendScim(response: Response, status: number, body: object): void {
  response.status(status).type(scimType).send(JSON.stringify(body));
}
