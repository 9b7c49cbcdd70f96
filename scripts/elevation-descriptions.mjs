// Describes the options of elevations and notifications, as config-descriptions.mjs does the others.
const network = (kind) => ({
  [`notifications[].${kind}.caFile`]: 'Trust only these certificate authorities (PEM). The default is the public ones.',
  [`notifications[].${kind}.allowInsecure`]:
    'Allow a receiver without TLS. Only for one on this machine, or in a cluster that encrypts its traffic.',
});

export const elevationDescriptions = {
  elevations: 'Rights that people can ask for, which begin when they are approved and end by themselves.',
  'elevations[].name': 'The name that people ask for, and that the criterion elevation matches.',
  'elevations[].clusters': 'The clusters on which it can be had: names, or patterns such as prod-*.',
  'elevations[].namespaces':
    'If set, a request must name one of these namespaces (names or patterns), and the elevation applies only there.',
  'elevations[].groups':
    'The groups that the person has in addition while it is active. They must pass impersonate.groups of the clusters. An elevation keeps the groups of its request, as far as they are still configured.',
  'elevations[].requesters':
    'Who may ask: {groups: [...]} means anyone in one of the groups, anything else is a policy (PPL). Whoever no longer meets it loses the elevation.',
  'elevations[].approvers':
    'Who may approve and deny, written like requesters. People cannot approve their own requests, under any account.',
  'elevations[].approvals': 'How many different people must approve: 1 by default. With 0 it begins at once.',
  'elevations[].approverSets':
    'Instead of approvers and approvals: sets of people, each of which must approve. One person counts for one set.',
  'elevations[].approverSets[].name': 'The name that people read where an approval of this set is lacking.',
  'elevations[].approverSets[].by': 'Who belongs to the set, written like requesters.',
  'elevations[].approverSets[].approvals': 'How many different people of the set must approve.',
  'elevations[].maxDuration': 'The longest time that can be asked for, up to seven days.',
  'elevations[].pendingTimeout': 'A request that is not decided within this time is over.',
  'elevations[].reason': 'Whether a request must give a reason: required (the default) or optional.',
  'elevations[].ticket': 'Whether a request must name a ticket: optional (the default), required, or a pattern.',
  'elevations[].ticket.required': 'Whether a ticket must be given. If not, one that is given must still match.',
  'elevations[].ticket.pattern': 'The form of a ticket, such as INC-*, where * stands for any text.',
  'elevations[].notify':
    'The channels of notifications that are told of its steps. All of them by default, [] for none. One that begins without approval must tell a channel of elevation.activated.',
  'elevations[].review':
    'Who has to review an elevation after it began. Applies to those that are requested from then on.',
  'elevations[].review.by':
    'Who reviews, written like requesters. People cannot review their own elevations, under any account.',
  'elevations[].review.within': 'How long after the end of an elevation its review is due, up to 90 days.',
  'elevations[].whenAuditUnavailable':
    'What happens while the audit log cannot be reached: refuse (the default) lets nothing begin, spool lets it begin once its events are on the disk of audit.spool.',
  onCall: 'Lists that the criterion on_call names. authorize reads this section when it starts.',
  'onCall[].name': 'The name that policies use.',
  'onCall[].file':
    'A file (YAML or JSON) of the form {users: [alice@example.com, {user: bob, until: 2026-11-01T18:00:00Z}]}. A change counts without a restart.',
  'onCall[].url':
    'Instead of a file: a server that answers GET with such a list as JSON. It must begin with https. Redirects are not followed.',
  'onCall[].authorization':
    'The value of the header Authorization that the server is sent. Write Bearer ${file:/path}.',
  'onCall[].refresh': 'How often the server is asked, from one second to one hour: 30s by default.',
  'onCall[].maxStale':
    'How long an answer counts while the server is away, up to 24 hours: 5m by default. After that, no one counts as on call in an allow rule, and everyone may be on call in a deny rule.',
  'onCall[].caFile': 'Trust only these certificate authorities (PEM). The default is the public ones.',
  'onCall[].allowInsecure':
    'Allow a server without TLS. Only for one on this machine, or in a cluster that encrypts its traffic.',
  notifications:
    'Channels that are told of the steps of elevations, and of service accounts that end soon. authorize reads them when it starts.',
  'notifications[].name': 'The name that elevations[].notify uses.',
  'notifications[].events':
    'Only these events, such as elevation.requested or service_account.expiring. All of them by default.',
  'notifications[].webhook': 'Posts CloudEvents, signed as the Standard Webhooks specification says.',
  'notifications[].webhook.url': 'Where to. It must begin with https. Redirects are not followed.',
  'notifications[].webhook.secret':
    'The signing secret: whsec_ and 24 to 64 bytes in base64. Write ${file:/path}. A list, while receivers change to another one: each message is signed with all of them.',
  ...network('webhook'),
  'notifications[].slack': 'Posts messages to an incoming webhook of Slack.',
  'notifications[].slack.url': 'The address of the webhook, which is a secret. Write ${file:/path}.',
  ...network('slack'),
  'notifications[].teams': 'Posts Adaptive Cards to a Workflows webhook of Microsoft Teams.',
  'notifications[].teams.url': 'The address of the webhook, which is a secret. Write ${file:/path}.',
  ...network('teams'),
  'notifications[].smtp': 'Sends mails in plain text.',
  'notifications[].smtp.url':
    'The mail server: smtps://user@mail.example.com for TLS from the start, or smtp://user@mail.example.com:587 for STARTTLS, which the server must offer.',
  'notifications[].smtp.password': 'The password of the user, if it is not in the URL. Write ${file:/path}.',
  'notifications[].smtp.from': 'The address of the sender.',
  'notifications[].smtp.to': 'The addresses of the receivers.',
  ...network('smtp'),
};
