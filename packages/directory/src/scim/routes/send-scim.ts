import type { Response } from 'express';

const scimType = 'application/scim+json';

/** Sends a JSON body with the SCIM media type. */
export function sendScim(response: Response, status: number, body: object): void {
  response.status(status).type(scimType).send(JSON.stringify(body));
}
