// Describes the options of `routes`. Paths as in config-schema.mjs.
export const routeDescriptions = {
  routes: 'The web applications behind the gateway.',
  'routes[].name': 'What the page of the gateway calls the application. Without it, the page shows its host.',
  'routes[].from':
    'The address at which browsers reach the application, such as https://grafana.example.com. Its host must lead to the gateway, and its port is that of gateway.url. For a demo, http at localhost or a name below it, with the port of login.url.',
  'routes[].to': 'The address at which the gateway reaches the application, such as http://grafana:3000.',
  'routes[].toCaFile': 'The CA of the application, PEM. Without it, the CAs that Node.js trusts.',
  'routes[].toServerName': "The name in the application's certificate, if it is not the host of `to`.",
  'routes[].toClientCertFile': "The gateway's client certificate for the application, PEM.",
  'routes[].toClientKeyFile': 'The private key of that certificate, PEM.',
  'routes[].policies': 'Names of policies at the top of the file that apply to this application.',
  'routes[].policy': 'A policy for this application. The global policy applies to clusters only.',
  'routes[].policyFile': 'A file with this policy, instead of policy.',
  'routes[].explain': 'Whether a refusal may say what would have been allowed.',
  'routes[].identity': 'What the application is told about the user. Nothing by default.',
  'routes[].identity.jwt':
    'Whether the application gets X-Sallyport-Jwt-Assertion: a JWT (ES256) for this route, valid for five minutes. Its keys are at /.well-known/sallyport/jwks.json.',
  'routes[].identity.pomeriumJwt':
    'Whether the application gets X-Pomerium-Jwt-Assertion: a JWT as Pomerium makes it. Its keys are at /.well-known/pomerium/jwks.json too.',
  'routes[].identity.headers':
    'Headers in plain text. Requests that reach the application in another way can have them too, so prefer the JWT.',
  'routes[].identity.headers.user': 'The header with the name that clusters get, such as X-Forwarded-User.',
  'routes[].identity.headers.email': 'The header with the email address, such as X-Forwarded-Email.',
  'routes[].identity.headers.name': 'The header with the full name. Left out if it is not plain ASCII.',
  'routes[].identity.headers.groups':
    'The header with the groups, separated by commas. Left out if the name of one has a comma or is not plain ASCII.',
  'routes[].identity.groups': 'The groups that the application learns: names, or patterns with *. All by default.',
  'routes[].identity.kubernetes':
    'Gives the application a credential in the Authorization header, with which it acts as the user on clusters.',
  'routes[].identity.kubernetes.clusters': 'The names of these clusters.',
  'routes[].tls': 'The certificate for the host of `from`. Without it, gateway.tls must be valid for that host.',
  'routes[].tls.certFile': 'The certificate and its chain, PEM. It is read again when it changes.',
  'routes[].tls.keyFile': 'The private key of that certificate, PEM.',
  'routes[].preserveHost': 'Whether the application gets the host of `from` in the Host header, and not that of `to`.',
  'routes[].allowEncodedSlashes':
    'Whether a part of a path may contain escaped slashes (%2F), as in the API of GitLab. A request with one needs a ' +
    'policy that allows the path with them escaped, and with them decoded.',
  'routes[].allowRequestHeaders':
    'Headers that pass from clients to the application although applications usually trust what is in them, such as ' +
    'X-HTTP-Method-Override. They never pass otherwise.',
  'routes[].allowServiceWorkers':
    'Whether a Service Worker may control the whole host. Applications that work offline need that. It can read the one-time codes of logins at this application.',
  'routes[].timeouts':
    'How long the gateway waits for this application. Without them, the timeouts at the top of the file.',
  'routes[].timeouts.connect': 'The time to connect.',
  'routes[].timeouts.firstByte':
    'The time to the first byte of a response, after the body of the request has arrived. 0s is no limit.',
};
