import type { IncomingMessage } from 'node:http';
import type { CheckAnswer, SallyportPart } from '@sallyport/contracts';
import type { Logger, ServiceClient } from '@sallyport/kit';
import type { RequestHandler } from 'express';
import type { ClientCertificateOf } from '../client-certificate.ts';
import type { FindCaller } from './find-caller.ts';

/** Records one call of the gateway's own API. */
export type AuditCall = {
  /** Refuses when nothing could be recorded. */
  open(): void;
  complete(call: { request: IncomingMessage; path: string; clientAddress: string; answer: CheckAnswer | undefined; status: number; detail: string | undefined; explained?: SallyportPart['explained'] }): void;
};

export type OwnApiDeps = {
  /** Scheme, host and port as browsers and the CLI see this listener. */
  origin: string;
  findCaller: FindCaller;
  clientAddress(request: IncomingMessage): string;
  /** What the client showed in the handshake, where the gateway asks for it. */
  clientCertificateOf: ClientCertificateOf;
  authenticate: Pick<ServiceClient, 'request'>;
  audit: Pick<ServiceClient, 'request'>;
  authorize: Pick<ServiceClient, 'request'>;
  /** The pages of authenticate, passed on. */
  pages: RequestHandler;
  clusters(): { name: string; url: string; host?: string }[];
  auditCall: AuditCall;
  logger: Logger;
};
