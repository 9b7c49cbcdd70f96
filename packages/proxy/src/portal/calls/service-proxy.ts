import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import {
  callerHeader,
  notTrusted,
  peerAttributes,
  ProblemError,
  sendProblem,
  serviceScheme,
  spanOf,
  type Logger,
  type ServiceIdentity,
  type Span,
  hashToken,
} from '@sallyport/kit';
import { html, sendProblemPage, type Pages } from '@sallyport/pages';
import type { Request, RequestHandler, Response } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { heldBodyOf } from './read-body.ts';

/** A bearer token (RFC 6750, 2.1). Only its SHA-256 is passed on. */
const bearer = /^Bearer +([A-Za-z0-9._~+/-]{1,4096}=*)$/i;

/** A header with the SHA-256 of a request's bearer token. Without a token there is no header. */
function bearerHash(header: string) {
  return ({ headers: { authorization } }: IncomingMessage): Record<string, string> => {
    const token = bearer.exec(authorization ?? '')?.[1];
    return token === undefined ? {} : { [header]: hashToken(token) };
  };
}

// The request headers that authenticate reads for its pages. No others are passed on.
const passed = [
  'accept',
  'accept-language',
  'content-length',
  'content-type',
  'cookie',
  'origin',
  'sec-fetch-site',
  'transfer-encoding',
  'user-agent',
];
const maxBody = 16 * 1024;

type ServiceProxyDeps = {
  /** The service to which requests are passed on. */
  service: 'authenticate' | 'audit';
  url: string;
  ca: string | undefined;
  identity: Pick<ServiceIdentity, 'credentialFor'>;
  origin: string;
  clientAddress(request: IncomingMessage): string;
  /** Sends the page for when the service does not respond. */
  ownPages: Pages;
  logger: Logger;
};

/** How a group of pages is passed on: which headers of the client, which added ones, and how long a body may be. */
export type PassRules = {
  passed: readonly string[];
  added(request: IncomingMessage): Record<string, string>;
  maxBody: number;
};

const pageRules: PassRules = { passed, added: () => ({}), maxBody };

function keepOnly(headers: IncomingHttpHeaders, names: readonly string[]): IncomingHttpHeaders {
  return Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}

const shownNames = { authenticate: 'login', audit: 'audit' };
/** How soon a client should try again, in seconds. A batch of audit events may wait. */
const retryAfter = { authenticate: '1', audit: '5' };

const notResponding = (service: 'authenticate' | 'audit') =>
  new ProblemError(
    'service-unavailable',
    `The ${shownNames[service]} service does not respond at the moment. Try again shortly.`,
  );

/** Says that the service cannot answer: to browsers on a page, from which they can try again. */
function refuse(
  request: IncomingMessage | undefined,
  response: ServerResponse,
  { ownPages: pages, service }: ServiceProxyDeps,
  problem = notResponding(service),
): void {
  response.setHeader('retry-after', retryAfter[service]);
  if (request?.headers.accept?.includes('text/html') !== true) return sendProblem(response, problem);
  const again =
    request.method === 'GET'
      ? html`<p><a class="act" href="${request.url ?? '/'}">Try again</a></p>`
      : html`<p><a href="/">Go to the start page</a></p>`;
  sendProblemPage(pages, response, problem, again);
}

/** Begins the span of what is passed on, if the request is traced. It ends with the response. */
function beginPassed(request: Request, response: Response, { service, url }: ServiceProxyDeps): Span | undefined {
  const { method } = request;
  const parent = spanOf(request);
  if (!parent) return undefined;
  const attributes = { 'http.request.method': method, ...peerAttributes(url) };
  const span = parent.begin({ name: `${method} ${service}`, kind: 'client', attributes });
  response.once('close', () => {
    const { statusCode, headersSent } = response;
    span.set({ 'http.response.status_code': headersSent ? statusCode : undefined });
    span.end(headersSent && statusCode >= 400 ? { error: String(statusCode) } : {});
  });
  return span;
}

/**
 * Creates the handler that passes requests on to the service that answers them: with those headers of the client that
 * are listed, the gateway's own service credential instead of the client's, and the origin as the gateway knows it.
 */
export function createServiceProxy(deps: ServiceProxyDeps, rules: PassRules = pageRules): RequestHandler {
  // Services close a connection after 65 idle seconds. What is sent just then would fail.
  const kept = { keepAlive: true, timeout: 60_000 };
  const agent = deps.url.startsWith('https:') ? new HttpsAgent({ ...kept, ca: deps.ca }) : new HttpAgent(kept);
  const forward = createProxyMiddleware({
    target: deps.url,
    agent,
    changeOrigin: true,
    xfwd: false,
    followRedirects: false,
    ws: false,
    ejectPlugins: true,
    plugins: [
      (proxy) => {
        proxy.on('proxyReq', (outgoing, request) => {
          const body = heldBodyOf(request);
          if (body) outgoing.write(body);
        });
        proxy.on('proxyRes', (incoming, request, response) => {
          if (incoming.headers['www-authenticate'] !== serviceScheme) return;
          // A login would not help. What is sent here takes the place of the response.
          incoming.resume();
          const problem = notTrusted(deps.service, 'proxy');
          deps.logger.error({ service: deps.service }, problem.detail);
          refuse(request, response, deps, problem);
        });
        proxy.on('error', (error, request, target) => {
          if (!target) return;
          deps.logger.warn({ err: error }, `${deps.service} does not respond`);
          if ('writeHead' in target && !target.headersSent) refuse(request, target, deps);
          else target.destroy();
        });
      },
    ],
  });
  return async (request, response, next) => {
    if (!request.originalUrl.startsWith('/'))
      throw new ProblemError('bad-request', 'The request target must be a path.');
    if (Number(request.headers['content-length'] ?? 0) > rules.maxBody)
      throw new ProblemError('too-large', 'The body is larger than this address accepts.');
    request.url = request.originalUrl;
    request.headers = {
      ...keepOnly(request.headers, rules.passed),
      ...rules.added(request),
      authorization: await deps.identity.credentialFor(deps.service),
      'sallyport-client-address': deps.clientAddress(request),
      'sallyport-origin': deps.origin,
      ...(typeof response.locals.route === 'string' ? { 'sallyport-route': response.locals.route } : {}),
      ...(typeof response.locals.caller === 'string' ? { [callerHeader]: response.locals.caller } : {}),
    };
    const span = beginPassed(request, response, deps);
    if (span) request.headers['traceparent'] = span.traceparent;
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    await forward(request, response, next);
  };
}

/**
 * How SCIM requests are passed on: without cookies, with the hash of the client's token, and with bodies as large as a
 * group of some ten thousand members.
 */
export const scimPassRules: PassRules = {
  passed: ['accept', 'content-length', 'content-type', 'if-match', 'if-none-match', 'transfer-encoding', 'user-agent'],
  added: bearerHash('sallyport-scim-token'),
  maxBody: 4 * 1024 * 1024,
};

/**
 * How batches of a cluster's own audit events are passed on to the audit service: with the hash of the API server's token,
 * and as they arrive, so that none is held here.
 */
export const webhookPassRules: PassRules = {
  passed: ['content-encoding', 'content-length', 'content-type', 'transfer-encoding', 'user-agent'],
  added: bearerHash('sallyport-webhook-token'),
  maxBody: 16 * 1024 * 1024,
};
