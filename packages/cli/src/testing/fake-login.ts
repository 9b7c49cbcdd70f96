import { createHash, randomBytes } from 'node:crypto';
import type { Answer, Call, FakeGateway, Session } from './fake-gateway-types.ts';

/** Answers the login endpoints; undefined for every other path. */
export function answerLogin(gateway: FakeGateway, call: Call, accept: string): Answer | undefined {
  if (call.path === '/.sallyport/login') return authorize(gateway, call.query, accept);
  if (call.path.startsWith('/.sallyport/api/v1/device/')) return answerDevice(gateway, call);
  if (call.path === '/.sallyport/token') return exchange(gateway, new URLSearchParams(call.body));
  return undefined;
}

function authorize(gateway: FakeGateway, query: URLSearchParams, accept: string): Answer {
  if (accept === 'application/json')
    return { status: 200, body: { signInUrl: `${gateway.origin}/.sallyport/login?${query.toString()}` } };
  const code = randomBytes(16).toString('base64url');
  const redirectUri = query.get('redirect_uri') ?? '';
  gateway.codes.set(code, { challenge: query.get('code_challenge') ?? '', redirectUri });
  if (redirectUri.startsWith('urn:')) return { status: 200, body: `<p class="paste">${code}</p>` };
  return {
    status: 302,
    headers: {
      location: `${redirectUri}?${new URLSearchParams({ code, state: query.get('state') ?? '' }).toString()}`,
    },
  };
}

function exchange(gateway: FakeGateway, form: URLSearchParams): Answer {
  const code = form.get('code') ?? '';
  const found = gateway.codes.get(code);
  gateway.codes.delete(code);
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url');
  if (
    found === undefined ||
    found.challenge !== challenge ||
    found.redirectUri !== form.get('redirect_uri') ||
    form.get('grant_type') !== 'authorization_code'
  ) {
    return {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'The code is not known or was already used.' },
    };
  }
  return logIn(gateway);
}

function answerDevice(gateway: FakeGateway, call: Call): Answer {
  const form = new URLSearchParams(call.body);
  gateway.device.asked.push(form);
  if (call.path.endsWith('/code')) {
    const page = `${gateway.origin}/.sallyport/device`;
    return {
      status: 200,
      body: {
        device_code: 'spd_0123456789abcdef',
        user_code: 'BCDF-GHJK',
        verification_uri: page,
        verification_uri_complete: `${page}?user_code=BCDF-GHJK`,
        expires_in: 300,
        interval: 5,
      },
    };
  }
  const next = gateway.device.answers.shift();
  if (typeof next === 'object') return next;
  return next === undefined ? logIn(gateway) : { status: 400, body: { error: next, error_description: 'x' } };
}

function logIn(gateway: FakeGateway): Answer {
  const token = `spt_${randomBytes(32).toString('base64url')}`;
  const { lifetimeMs, idleMs } = gateway.sessionLife;
  const session: Session = {
    id: randomBytes(8).toString('hex'),
    user: 'alice@example.com',
    groups: ['developers'],
    expiresAt: Date.now() + lifetimeMs,
    idleMs,
  };
  gateway.sessions.set(token, session);
  const { id, expiresAt, user, groups } = session;
  return {
    status: 200,
    body: {
      access_token: token,
      token_type: 'Bearer',
      expires_in: lifetimeMs / 1000,
      session: { id, expiresAt, idleMs },
      identity: { user, email: user, groups },
    },
  };
}
