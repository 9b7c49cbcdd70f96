// Describes the options of `identity` in sallyport.yaml. Paths as in config-schema.mjs.
export const identityDescriptions = {
  identity: 'Identity providers, and other sources of users and groups.',
  'identity.defaultProvider': 'The provider for users who do not choose one. If unset, they are asked to choose.',
  'identity.directory': 'Users and groups from sources other than the token of a login.',
  'identity.directory.sources': 'Sources of users and their groups. Providers refer to them in groupSources.',
  'identity.directory.sources[].kind':
    'scim: pushed by the identity provider (SCIM 2.0). map: a file. okta, google, github: synced from their APIs at an interval. entra: queried at a login.',
  'identity.directory.sources[].id': 'A name for the source. The default is its kind.',
  'identity.directory.sources[].required': 'Whether only users that this source knows may log in.',
  'identity.directory.sources[].tokens': 'The bearer tokens of SCIM clients, each with a name for the audit trail.',
  'identity.directory.sources[].tokens[].id': 'The name of the token in the audit trail.',
  'identity.directory.sources[].tokens[].sha256':
    'The SHA-256 of the token, in hexadecimal: printf %s "$TOKEN" | sha256sum.',
  'identity.directory.sources[].tokens[].tokenFile':
    'A file with the token itself, at least 32 characters. It is read at start.',
  'identity.directory.sources[].match': 'How a login is matched with a user of the source.',
  'identity.directory.sources[].match.claim':
    'The claim of the login that is compared: sub, email (only if verified), user (the user name in Sallyport), or any other claim.',
  'identity.directory.sources[].match.attribute': 'The attribute of the user in the source with which it is compared.',
  'identity.directory.sources[].groupName': 'The attribute of a pushed group that becomes its name in policies.',
  'identity.directory.sources[].file': 'The file with users and groups. Changes take effect while the services run.',
  'identity.directory.sources[].caFile': 'The CA of the API, PEM.',
  'identity.directory.sources[].allowInsecure': 'Allow an API in plain HTTP, for tests.',
  'identity.directory.sources[].outageGrace':
    'How long the last sync stays valid while the API cannot be read. After that, logins that depend on this source fail.',
  'identity.directory.sources[].interval': 'How often the source is synced from the API.',
  'identity.directory.sources[].groups': 'The groups to sync, as patterns with *.',
  'identity.directory.sources[].token': 'The API token. Write ${env:NAME} or ${file:/path}.',
  'identity.directory.sources[].tokenFile': 'A file with the API token. It is read again at each use.',
  'identity.directory.sources[].url': 'The base URL of the API.',
  'identity.directory.sources[].serviceAccountFile': 'The key file of a Google service account (JSON).',
  'identity.directory.sources[].admin': 'The administrator whom the service account impersonates.',
  'identity.directory.sources[].customer': 'The Google customer whose groups are read.',
  'identity.directory.sources[].tokenUrl': "Google's token endpoint.",
  'identity.directory.sources[].organizations': 'The GitHub organizations whose members and teams are read.',
  'identity.directory.sources[].tenant': 'The Entra tenant: its ID or domain.',
  'identity.directory.sources[].clientId': 'The client ID of the application that calls Microsoft Graph.',
  'identity.directory.sources[].clientSecret': 'Its secret. Write ${env:NAME} or ${file:/path}.',
  'identity.directory.sources[].loginUrl': 'The login endpoint of Entra, which issues access tokens.',
  'identity.directory.sources[].when':
    'overage: Graph is queried only if the token says that the user has too many groups to list. always: at every login and refresh.',
  'identity.directory.sources[].groupsClaim': 'The claim with the groups, if the token contains them.',
  'identity.providers':
    'The identity providers that users log in with. docs/providers.md has examples for the common ones.',
  'identity.providers[].id': 'A short name for the provider. It becomes part of URLs.',
  'identity.providers[].kind': 'openid (OpenID Connect), or github, which supports OAuth only.',
  'identity.providers[].name': 'Its name on the page where users choose a provider. The default is the id.',
  'identity.providers[].issuer': 'Its issuer, exactly as the provider states it. With kind: github, the URL of GitHub.',
  'identity.providers[].issuerTemplate':
    'The issuer of its tokens if it differs by tenant, with claims in braces: https://login.microsoftonline.com/{tid}/v2.0. List the accepted values of these claims in requireClaims.',
  'identity.providers[].discoveryUrl':
    'The URL of its metadata, if it is not <issuer>/.well-known/openid-configuration. The metadata must still name the issuer.',
  'identity.providers[].endpointHosts':
    "Hosts other than the issuer's from which the gateway may fetch tokens, keys and UserInfo. If empty, any host on the Internet is allowed. Hosts on a private network must be listed.",
  'identity.providers[].apiUrl': 'With kind: github, the URL of its API, if it is not the default one.',
  'identity.providers[].clientId': 'The client ID of the gateway at the provider.',
  'identity.providers[].clientSecret': 'The client secret. Write ${env:NAME} or ${file:/path}.',
  'identity.providers[].clientAuth':
    'How the gateway authenticates at the token endpoint: auto (basic or post, as the provider supports; none without a secret), basic, post, private_key_jwt or none.',
  'identity.providers[].clientKeyFile': 'With clientAuth: private_key_jwt, the private key (PEM; RSA, Ed25519 or EC).',
  'identity.providers[].clientKeyId': 'The key ID (kid), if the provider needs it.',
  'identity.providers[].scopes':
    'The scopes to request. The default is openid, profile, email, groups, offline_access for OpenID, and read:user, user:email, read:org for GitHub. OpenID needs openid.',
  'identity.providers[].extraParams':
    'More parameters of the authorization request, such as prompt, access_type, hd, audience or connector_id.',
  'identity.providers[].audiences':
    'Other audiences (aud) that an id_token may have in addition to the gateway. Tokens with any other audience are refused.',
  'identity.providers[].userInfo':
    'When UserInfo is queried for claims: ifMissing (if the id_token lacks a claim that is needed), always or never. The id_token takes precedence.',
  'identity.providers[].claims':
    'The claims that identify a user. Each is the full name of a claim, or a path with dots.',
  'identity.providers[].claims.user': 'The claim that becomes the user name, on clusters as well.',
  'identity.providers[].claims.groups': 'The claim with the groups.',
  'identity.providers[].claims.email':
    'The claim with the email address. claims.user: email refers to this claim as well.',
  'identity.providers[].claims.emailVerified': 'The claim that says whether the provider has verified the address.',
  'identity.providers[].requireClaims':
    'Claims that a user must have to log in. The claim must have one of the values. If it is a list, the list must contain one of them.',
  'identity.providers[].emailVerified': 'Whether an email address counts only if the provider has verified it.',
  'identity.providers[].emailVerifiedValues':
    'The values of that claim that mean yes. Some providers send "true", 1 or "1".',
  'identity.providers[].userFallback':
    'If the user claim is missing, use <provider>:<sub> as the user name. Otherwise the login is refused.',
  'identity.providers[].prefix':
    'A prefix for the names from this provider, so that they differ from those of other providers. Names from other providers that begin with it are refused.',
  'identity.providers[].prefix.user': 'The prefix of user names.',
  'identity.providers[].prefix.groups': 'The prefix of group names.',
  'identity.providers[].groupSources':
    "The sources of the groups of this provider's users, in order: claims (the provider itself) and names of directory.sources. A user who is deactivated in any of them cannot log in.",
  'identity.providers[].combineGroups':
    'first: only the first source that knows the user counts. merge: the groups from all sources are combined.',
  'identity.providers[].domains':
    'The domains whose users have accounts at this provider. A login with a login_hint or domain_hint of one of them goes to this provider without asking.',
  'identity.providers[].domainHintParam':
    'The parameter with which the provider accepts a domain: hd for Google, domain_hint for Entra ID.',
  'identity.providers[].ownCallback':
    'Use the redirect URI /.sallyport/callback/<id> instead of /.sallyport/callback. Needed if there are several providers and this one does not send its issuer in its responses (RFC 9207).',
  'identity.providers[].caFile': 'The CA of the provider, PEM.',
  'identity.providers[].allowInsecureIssuer': 'Allow an issuer in plain HTTP, for demos.',
  'identity.providers[].endSession':
    'Whether a browser that logs out of Sallyport is redirected to the end_session_endpoint of the provider, to log out there as well. Register <login.url or gateway.url>/.sallyport/signed-out with the provider as a post-logout redirect URI.',
  'identity.providers[].refresh': 'How identities are kept up to date.',
  'identity.providers[].refresh.interval': 'How often the identity of a session is refreshed.',
  'identity.providers[].refresh.outageGrace': 'How long a session continues while the provider cannot be reached.',
};
