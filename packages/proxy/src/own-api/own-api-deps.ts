import type { IncomingMessage } from 'node:http';
import type { CheckAnswer, SallyportPart } from '@sallyport/contracts';
import type { Logger, ServiceClient, SessionTokenVerifier } from '@sallyport/kit';
import type { RequestHandler } from 'express';
import type { ClientCertificateOf } from '../listener/client-certificate.ts';
import type { ClusterKinds } from '../upstream/cluster-kinds.ts';
import type { FindCaller } from './find-caller.ts';

/** Records one call of the gateway's own API. */
export type AuditCall = {
  /** Refuses when nothing could be recorded. */
  open(): void;
  complete(call: {
    request: IncomingMessage;
    path: string;
    clientAddress: string;
    answer: CheckAnswer | undefined;
    status: number;
    detail: string | undefined;
    explained?: SallyportPart['explained'];
  }): void;
};

/** Judges their tokens, and where browsers see the gateway and the login pages. */
export type PomeriumDeps = { tokens: SessionTokenVerifier; gatewayOrigin: string; loginOrigin: string };

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
  /** Pushes of people and groups, passed on; without it there is no address for them. */
  scim?: RequestHandler;
  /** What Pomerium's clients need; without it their credentials are refused. */
  pomerium?: PomeriumDeps;
  /** What a cluster says of its kinds; undefined for one that is not there. */
  kindsOf?(cluster: string): ClusterKinds | undefined;
  clusters(): { name: string; url: string; host?: string }[];
  auditCall: AuditCall;
  logger: Logger;
};
