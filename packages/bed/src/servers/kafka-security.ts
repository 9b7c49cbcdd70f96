import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { IssuedCertificate } from '../certificates/certificate-authority.ts';

/** TLS, logins and rights of a broker's listener for clients. */
export type KafkaSecurity = {
  certificate: IssuedCertificate;
  /**
   * Passwords by user name. They log in with SCRAM-SHA-256, SCRAM-SHA-512 or PLAIN. Without a rule they may do nothing,
   * except a user called admin, who may do everything.
   */
  users: Readonly<Record<string, string>>;
  /** Lets clients log in with OAUTHBEARER. Their user is the `sub` of the token. */
  tokens?: TokenIssuer;
};

/** Whose tokens a broker accepts. It fetches the keys when it starts. */
export type TokenIssuer = { issuer: string; audience: string; jwksUrl: string };

/** The arguments of `StorageTool format` that create the users. */
export function scramArguments({ users }: KafkaSecurity): string[] {
  return Object.entries(users).flatMap(([name, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  );
}

/** The JVM arguments for a broker that fetches the keys of an issuer. Kafka fetches only from URLs that it was given. */
export function securityFlags({ tokens }: KafkaSecurity): string[] {
  return tokens ? [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${tokens.jwksUrl}`] : [];
}

/**
 * Returns the settings of a listener `SASL_SSL` and of the authorizer. Whoever connects to the listener without a login,
 * which only the bed knows, may do everything.
 */
export function securityProperties(
  directory: string,
  { certificate, users, tokens }: KafkaSecurity,
): Record<string, string> {
  const keystore = path.join(directory, 'keystore.pem');
  writeFileSync(keystore, certificate.keyPem + certificate.certPem, { mode: 0o600 });
  const listener = 'listener.name.sasl_ssl';
  const module = (name: string, more = '') =>
    `org.apache.kafka.common.security.${name} required${more === '' ? '' : ` ${more}`};`;
  const passwords = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`);
  return {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS;User:admin',
    'sasl.enabled.mechanisms': `PLAIN,SCRAM-SHA-256,SCRAM-SHA-512${tokens ? ',OAUTHBEARER' : ''}`,
    [`${listener}.ssl.keystore.type`]: 'PEM',
    [`${listener}.ssl.keystore.location`]: keystore,
    [`${listener}.plain.sasl.jaas.config`]: module('plain.PlainLoginModule', passwords.join(' ')),
    [`${listener}.scram-sha-256.sasl.jaas.config`]: module('scram.ScramLoginModule'),
    [`${listener}.scram-sha-512.sasl.jaas.config`]: module('scram.ScramLoginModule'),
    ...(tokens ? tokenProperties(`${listener}.oauthbearer`, tokens, module('oauthbearer.OAuthBearerLoginModule')) : {}),
  };
}

function tokenProperties(listener: string, tokens: TokenIssuer, module: string): Record<string, string> {
  return {
    [`${listener}.sasl.jaas.config`]: module,
    [`${listener}.sasl.server.callback.handler.class`]:
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler',
    [`${listener}.sasl.oauthbearer.jwks.endpoint.url`]: tokens.jwksUrl,
    [`${listener}.sasl.oauthbearer.expected.issuer`]: tokens.issuer,
    [`${listener}.sasl.oauthbearer.expected.audience`]: tokens.audience,
    // A connection ends with its token, unless the client logs in again on it.
    [`${listener}.connections.max.reauth.ms`]: '3600000',
  };
}
